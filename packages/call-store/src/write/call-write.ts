import { callId, type CallKey } from '@turnlog/call-events';
import { type CallSegment, type EventSegment } from './archive-segments.ts';
import { type CallRow } from './call-row.ts';

/** A row to write, and the part of the call's log that is not in the archive yet. */
export interface CallWrite {
  readonly row: CallRow;
  /** The epoch that the row was folded from; it changes when Redis starts empty. */
  readonly epoch: string;
  readonly segment?: EventSegment;
}

/** The call of a row. */
export function callOfRow({ tenant, call_sid: callSid }: Pick<CallRow, 'tenant' | 'call_sid'>): CallKey {
  return { tenant, callSid };
}

/** One write per call, the one with the highest version, in the order in which every batch locks rows. */
export function newestPerCall(batch: readonly CallWrite[]): Map<string, CallWrite> {
  const newest = new Map<string, CallWrite>();
  for (const write of batch) {
    const key = callId(callOfRow(write.row));
    const other = newest.get(key);
    if (other === undefined || write.row.version > other.row.version) newest.set(key, write);
  }
  return sortedByKey(newest);
}

/** All segments of a batch, sorted by their keys; of those that start at the same entry, the longest. */
export function longestSegments(batch: readonly CallWrite[]): CallSegment[] {
  const longest = new Map<string, CallSegment>();
  for (const { row, epoch, segment } of batch) {
    if (segment === undefined || segment.events.length === 0) continue;
    const call = callOfRow(row);
    const key = `${callId(call)}/${epoch}/${segment.fromSeq}`;
    const other = longest.get(key);
    if (other === undefined || segment.toSeq > other.segment.toSeq) {
      longest.set(key, { call, epoch, segment });
    }
  }
  return [...sortedByKey(longest).values()];
}

function sortedByKey<T>(byKey: Map<string, T>): Map<string, T> {
  return new Map([...byKey].sort(([a], [b]) => (a < b ? -1 : 1)));
}
