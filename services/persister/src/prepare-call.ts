import { type CallLog } from '@turnlog/call-log';
import { toRow, type CallRow, type CallWrite } from '@turnlog/call-store';
import { summaryOf, type CallSummary } from './domain/call-summary.ts';
import { type CallTask } from './domain/call-task.ts';
import { foldLog, type UndecodableEvent } from './domain/fold-log.ts';
import { segmentsAfter, type Segment } from './domain/segments.ts';

/**
 * A call, read and folded, as it waits for Postgres: its row as texts, and the segments of a log that came in one piece as
 * bytes. The many objects that the fold makes of a log are gone by then, or each would be copied about while it waits.
 */
export interface FoldedCall {
  readonly task: CallTask;
  readonly epoch: string;
  /** Up to which seq of the log this goes. */
  readonly seq: number;
  /** Up to which seq the archive is known to be complete. */
  readonly archivedSeq: number;
  readonly row: CallRow;
  readonly summary: CallSummary;
  /** What the archive lacks. */
  readonly segments: readonly Segment[];
  readonly undecodable: readonly UndecodableEvent[];
  readonly log: CallLog;
  /** Of its texts. */
  readonly bytes: number;
}

/**
 * A call's log on its way: folded, gone from Redis, in Postgres already as far as it goes, or such that Redis or the fold
 * can do nothing with it.
 */
export type PreparedCall =
  | { readonly kind: 'folded'; readonly folded: FoldedCall }
  | { readonly kind: 'gone'; readonly task: CallTask; readonly log: CallLog }
  | { readonly kind: 'persisted'; readonly task: CallTask; readonly epoch: string; readonly seq: number }
  | {
      readonly kind: 'broken';
      readonly task: CallTask;
      readonly entries: CallLog['entries'];
      readonly error: unknown;
    };

/** Folds what was read for a task. Never throws: one call that can't be folded must not stop the others. */
export function prepareCall(task: CallTask, log: CallLog): PreparedCall {
  const { call, epoch, persistedSeq } = log;
  const seq = log.joined?.toSeq ?? log.entries.at(-1)?.seq;
  if (epoch === undefined || seq === undefined) return { kind: 'gone', task, log };
  // What comes after the end of a call asks for it event by event, and the first to be read was all of it.
  if (!task.isReplay && seq <= persistedSeq) return { kind: 'persisted', task, epoch, seq };
  // A replay archives the log anew: entries that were no events to an earlier version may be events to this one.
  const archivedSeq = task.isReplay ? 0 : persistedSeq;
  try {
    const { record, events, undecodable } = foldLog(call, log);
    const segments = segmentsAfter(events, archivedSeq);
    const folded = { task, epoch, seq, archivedSeq, segments, undecodable, log, bytes: bytesOf(log) };
    return { kind: 'folded', folded: { ...folded, row: toRow(record), summary: summaryOf(record) } };
  } catch (error) {
    return { kind: 'broken', task, entries: entriesOf(log), error };
  }
}

/** A log may be too long for one string. */
function entriesOf(log: CallLog): CallLog['entries'] {
  try {
    return log.entries;
  } catch {
    return [];
  }
}

function bytesOf(log: CallLog): number {
  return log.joined?.bytes.length ?? log.entries.reduce((sum, { text }) => sum + Buffer.byteLength(text), 0);
}

/** The writes of a call: its row with the first stretch of its log, and one for each further stretch. */
export function writesOf({ row, epoch, segments: [first, ...further] }: FoldedCall): CallWrite[] {
  return [
    { row, epoch, ...(first !== undefined && { segment: first }) },
    ...further.map((segment) => ({ row, epoch, segment })),
  ];
}
