import { type CallKey } from '@turnlog/call-events';
import { jsonArrayOfArrays } from './json-array.ts';

/** A part of a call's log: the exact texts of its entries `fromSeq` to `toSeq`. */
export interface EventSegment {
  readonly fromSeq: number;
  readonly toSeq: number;
  /** Or the UTF-8 items of a JSON array, if they are available: then they need no encoding. */
  readonly events: readonly string[] | Buffer;
}

/** A segment and its call. */
export interface CallSegment {
  readonly call: CallKey;
  readonly epoch: string;
  readonly segment: EventSegment;
}

const COLUMN_TYPES = ['text', 'text', 'text', 'integer', 'integer', 'integer', 'json'];

/** How many parameters {@link archiveSegmentsSql} takes. */
export const SEGMENT_PARAMETERS = COLUMN_TYPES.length;

/** Adds segments to the archive. Of two that start at the same entry, the longer one stays. */
export function archiveSegmentsSql(firstParameter = 1): string {
  const columns = COLUMN_TYPES.map((type, index) => `$${firstParameter + index}::${type}[]`);
  return `
    insert into call_event_segments (tenant, call_sid, epoch, from_seq, to_seq, event_count, events)
    select * from unnest(${columns.join(', ')})
    on conflict (tenant, call_sid, epoch, from_seq)
    do update set to_seq = excluded.to_seq, event_count = excluded.event_count, events = excluded.events
    where excluded.to_seq > call_event_segments.to_seq`;
}

/** The parameters of {@link archiveSegmentsSql}. No two segments may start at the same entry. */
export function segmentParameters(segments: readonly CallSegment[]): unknown[] {
  return [
    segments.map(({ call }) => call.tenant),
    segments.map(({ call }) => call.callSid),
    segments.map(({ epoch }) => epoch),
    segments.map(({ segment }) => segment.fromSeq),
    segments.map(({ segment }) => segment.toSeq),
    segments.map(({ segment }) => segment.toSeq - segment.fromSeq + 1),
    jsonArrayOfArrays(
      'json',
      segments.map(({ segment }) => segment.events),
    ),
  ];
}
