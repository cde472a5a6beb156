import { type CallLog } from '@turnlog/call-log';
import { type CallWrite } from '@turnlog/call-store';
import { type CallTask } from './domain/call-task.ts';
import { foldLog, type FoldedLog } from './domain/fold-log.ts';
import { segmentsAfter } from './domain/segments.ts';

/** A call, read and folded. */
export interface FoldedCall extends FoldedLog {
  readonly task: CallTask;
  readonly epoch: string;
  /** Up to which seq of the log this goes. */
  readonly seq: number;
  /** Up to which seq the archive is known to be complete. */
  readonly archivedSeq: number;
  readonly log: CallLog['entries'];
  /** The texts of the log as they were read. */
  readonly joinedTexts: Buffer | undefined;
  /** The weight of its texts, in UTF-16 code units. */
  readonly size: number;
}

/** A call's log on its way: folded, gone from Redis, or such that the fold itself broke on it. */
export type PreparedCall =
  | { readonly kind: 'folded'; readonly folded: FoldedCall }
  | { readonly kind: 'gone'; readonly task: CallTask; readonly log: CallLog }
  | { readonly kind: 'broken'; readonly task: CallTask; readonly log: CallLog; readonly error: unknown };

/** Folds what was read for a task. Never throws: one call that can't be folded must not stop the others. */
export function prepareCall(task: CallTask, log: CallLog): PreparedCall {
  const { call, epoch, entries, joinedTexts, persistedSeq } = log;
  const newest = entries.at(-1);
  if (epoch === undefined || newest === undefined) return { kind: 'gone', task, log };
  try {
    const folded = {
      ...foldLog(call, entries),
      task,
      epoch,
      seq: newest.seq,
      // A replay archives the log anew: entries that were no events to an earlier version may be events to this one.
      archivedSeq: task.isReplay ? 0 : persistedSeq,
      log: entries,
      joinedTexts,
      size: entries.reduce((size, { text }) => size + text.length, 0),
    };
    return { kind: 'folded', folded };
  } catch (error) {
    return { kind: 'broken', task, log, error };
  }
}

/** The writes of a call: its row with the first stretch of its log, and one for each further stretch. */
export function writesOf(folded: FoldedCall): CallWrite[] {
  const { record, epoch, archivedSeq, joinedTexts } = folded;
  const [first, ...further] = segmentsAfter(folded, archivedSeq, joinedTexts);
  return [
    { record, epoch, ...(first !== undefined && { segment: first }) },
    ...further.map((segment) => ({ record, epoch, segment })),
  ];
}
