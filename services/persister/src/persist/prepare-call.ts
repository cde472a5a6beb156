import { type FoldedCall } from '../store/folded-call.ts';
import { type CallRecord } from '@turnlog/call-events';
import { lastReadSeq, type CallLog, type LogPage, type LogPointer } from '@turnlog/call-log';
import { toRow, type CallRow } from '@turnlog/call-store';
import { summaryOf } from '../domain/call-summary.ts';
import { type CallTask } from '../domain/call-task.ts';
import { LogFold } from '../domain/fold-log.ts';
import { joinSegments, segmentsAfter } from '../domain/segments.ts';
import { isTooLong, TooLargeError } from '../domain/too-large.ts';

/**
 * A call's log on its way: folded, gone from Redis, in Postgres already as far as it goes, or such that Redis or the fold
 * can do nothing with it.
 */
export type PreparedCall =
  | { readonly kind: 'folded'; readonly folded: FoldedCall }
  | { readonly kind: 'gone'; readonly task: CallTask; readonly log: CallLog }
  | { readonly kind: 'persisted'; readonly task: CallTask; readonly epoch: string; readonly seq: number }
  | BrokenCall;

/** A call that Redis or the fold can do nothing with. */
export interface BrokenCall {
  readonly kind: 'broken';
  readonly task: CallTask;
  /** Where its log is, as far as that is known. */
  readonly log: LogPointer | undefined;
  readonly error: unknown;
}

/** What there is to do for a call, by what its head and the first page of its log say. */
export type CallToFold =
  | Exclude<PreparedCall, { kind: 'folded' }>
  | {
      readonly kind: 'to fold';
      readonly task: CallTask;
      readonly epoch: string;
      readonly archivedSeq: number;
    };

/** Decides whether a call has to be folded at all. `lastSeq` is that of the log, or of what was read of it. */
export function toFold(task: CallTask, log: CallLog, lastSeq: number | undefined): CallToFold {
  const { epoch, persistedSeq } = log;
  if (epoch === undefined || lastSeq === undefined) return { kind: 'gone', task, log };
  // What comes after the end of a call asks for it event by event, and the first to be read was all of it.
  if (!task.isReplay && lastSeq <= persistedSeq) return { kind: 'persisted', task, epoch, seq: lastSeq };
  // A replay archives the log anew: entries that were no events to an earlier version may be events to this one.
  return { kind: 'to fold', task, epoch, archivedSeq: task.isReplay ? 0 : persistedSeq };
}

/** Folds all pages of a log. Never throws: one call that can't be folded must not stop the others. */
export function prepareCall(task: CallTask, pages: readonly [LogPage, ...LogPage[]]): PreparedCall {
  const [first] = pages;
  const seq = lastReadSeq(pages.at(-1) ?? first);
  const next = toFold(task, first, seq);
  if (next.kind !== 'to fold' || seq === undefined) return next as PreparedCall;
  const { epoch, archivedSeq } = next;
  const bytes = pages.reduce((sum, page) => sum + page.bytes, 0);
  try {
    const fold = new LogFold(task.call, { isWeighed: false });
    const decoded = pages.map((page) => fold.add(page));
    const segments = joinSegments(decoded.flatMap(({ events }) => segmentsAfter(events, archivedSeq)));
    const undecodable = decoded.flatMap((page) => page.undecodable);
    const folded = { task, epoch, seq, archivedSeq, segments, undecodable, bytes };
    return { kind: 'folded', folded: { ...folded, ...rowOf(fold.record()) } };
  } catch (error) {
    return { kind: 'broken', task, log: { epoch, fromSeq: 1, toSeq: seq, bytes }, error };
  }
}

/** The row of a record, and what is told of it. A row that can't be made for its length makes the call too large. */
export function rowOf(record: CallRecord): Pick<FoldedCall, 'row' | 'summary'> {
  try {
    return { row: toRow(record), summary: summaryOf(record) };
  } catch (error) {
    throw isTooLong(error) ? new TooLargeError('its row is too long for one text', { cause: error }) : error;
  }
}

/** Where the log of a folded call is. */
export function pointerOf({ epoch, seq, bytes }: Pick<FoldedCall, 'epoch' | 'seq' | 'bytes'>): LogPointer {
  return { epoch, fromSeq: 1, toSeq: seq, bytes };
}

/** The bytes of a row's JSON. */
export function bytesOfRow(row: CallRow): number {
  const texts = [row.lead, row.collected_data, row.objections, row.metrics, row.consents];
  return texts.reduce((sum, text) => sum + Buffer.byteLength(text), row.full_transcript.length);
}
