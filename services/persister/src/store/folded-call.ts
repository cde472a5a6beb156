import { type CallRow, type CallWrite } from '@turnlog/call-store';
import { type CallSummary } from '../domain/call-summary.ts';
import { type CallTask } from '../domain/call-task.ts';
import { type UndecodableEvent } from '../domain/fold-log.ts';
import { type Segment } from '../domain/segments.ts';

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
  /** Of the texts of its log. */
  readonly bytes: number;
}

/** The writes of a call: its row with the first stretch of its log, and one for each further stretch. */
export function writesOf({ row, epoch, segments: [first, ...further] }: FoldedCall): CallWrite[] {
  return [
    { row, epoch, ...(first !== undefined && { segment: first }) },
    ...further.map((segment) => ({ row, epoch, segment })),
  ];
}
