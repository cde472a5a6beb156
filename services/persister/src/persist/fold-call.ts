import { type CallRecord } from '@turnlog/call-events';
import { lastReadSeq, type CallLog } from '@turnlog/call-log';
import { toRow } from '@turnlog/call-store';
import { type CallTask } from '../domain/call-task.ts';
import { LogFold } from '../domain/fold-log.ts';
import { joinSegments, segmentsAfter } from '../domain/segments.ts';
import {
  pointerOf,
  summaryOf,
  withoutWrite,
  type CallOutcome,
  type FoldedCall,
  type GoneCall,
  type PersistedCall,
} from '../store/call-outcome.ts';
import { bytesOf, type WholeLog } from './read-logs.ts';

/** A call that is larger than what a row, or this process, can hold. It is dead-lettered; its log stays. */
export class TooLargeError extends Error {
  override readonly name = 'TooLargeError';
  readonly code = 'too_large';
}

/** Which part of a log is to be folded and archived. */
interface FoldPlan {
  readonly epoch: string;
  readonly seq: number;
  readonly archivedSeq: number;
}

/** Decides whether a call has to be folded at all. `lastSeq` is that of the log, or of what was read of it. */
export function planFold(
  task: CallTask,
  log: CallLog,
  lastSeq: number | undefined,
): FoldPlan | PersistedCall | GoneCall {
  const { epoch, persistedSeq } = log;
  if (epoch === undefined || lastSeq === undefined) return { kind: 'gone', task, log };
  // Each late event requests its call again, and the first request that is read covers all of them.
  if (!task.isReplay && lastSeq <= persistedSeq) return withoutWrite({ task, epoch, seq: lastSeq }, 'known');
  // A replay archives the log anew: entries that an earlier version could not decode may be events to this one.
  return { epoch, seq: lastSeq, archivedSeq: task.isReplay ? 0 : persistedSeq };
}

/** Folds a log that was read as a whole. Never throws: one call that can't be folded must not stop the others. */
export function foldCall(read: WholeLog): CallOutcome {
  const { task, pages } = read;
  const plan = planFold(task, pages[0], lastReadSeq(pages.at(-1) ?? pages[0]));
  if ('kind' in plan) return plan;
  const bytes = bytesOf(read);
  try {
    const fold = new LogFold(task.call, { isWeighed: false });
    const decoded = pages.map((page) => fold.add(page));
    const segments = decoded.flatMap(({ events }) => segmentsAfter(events, plan.archivedSeq));
    const undecodable = decoded.flatMap((page) => page.undecodable);
    const rest = { segments: joinSegments(segments), undecodable, bytes };
    return { kind: 'folded', task, ...plan, ...rest, ...rowOf(fold.record()) };
  } catch (error) {
    const cause = error instanceof TooLargeError ? 'row' : 'unknown';
    return { kind: 'broken', task, log: pointerOf({ ...plan, bytes }), error, cause };
  }
}

/** The row of a record and its summary. If a row can't be made because of its length, the call is too large. */
export function rowOf(record: CallRecord): Pick<FoldedCall, 'row' | 'summary'> {
  try {
    return { row: toRow(record), summary: summaryOf(record) };
  } catch (error) {
    throw isTooLong(error) ? new TooLargeError('its row is too long for one text', { cause: error }) : error;
  }
}

/** Whether JavaScript refused to make a text because of its length. */
function isTooLong(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  return (
    error.message === 'Invalid string length' || ('code' in error && error.code === 'ERR_STRING_TOO_LONG')
  );
}
