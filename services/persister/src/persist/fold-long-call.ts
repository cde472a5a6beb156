import {
  followLog,
  lastReadSeq,
  type JoinedEntries,
  type LogPage,
  type LogPointer,
  type ReadLogPages,
} from '@turnlog/call-log';
import { type CallSegment } from '@turnlog/call-store';
import { type CallTask } from '../domain/call-task.ts';
import { LogFold, type UndecodableEvent } from '../domain/fold-log.ts';
import { segmentsAfter } from '../domain/segments.ts';
import { bytesOfRow, type CallOutcome, type FoldedCall } from '../store/call-outcome.ts';
import { planFold, rowOf, TooLargeError } from './fold-call.ts';
import { type LongLog } from './read-logs.ts';

/** How large one call may be. */
export interface CallLimits {
  /** The most bytes of JSON in a row. Postgres holds no more than 256 MiB in one value. */
  readonly maxRowBytes: number;
  /** About how much memory a folded call may take. */
  readonly maxMemoryBytes: number;
  /** A log of more bytes is not held as a whole: it is folded page by page, by itself. */
  readonly maxHeldBytes: number;
}

interface LongCallOptions {
  readonly readPages: ReadLogPages;
  readonly limits: CallLimits;
  /** Called for each page, as a sign of life. */
  readonly onBeat: () => void;
}

/**
 * Folds a log of which no more than a page is in memory at a time. A call that is larger than the limits is `broken` with
 * a {@link TooLargeError}. A folded one has no segments: {@link longSegments} reads them.
 */
export async function foldLongCall({ task, first }: LongLog, options: LongCallOptions): Promise<CallOutcome> {
  const plan = planFold(task, first, first.lastSeq);
  if ('kind' in plan) return plan;
  try {
    return { kind: 'folded', task, ...plan, segments: [], ...(await foldPages(task, first, options)) };
  } catch (error) {
    if (!(error instanceof TooLargeError)) throw error;
    return { kind: 'broken', task, log: wholeLog(first, plan.epoch), error, cause: 'row' };
  }
}

async function foldPages({ call }: CallTask, first: LogPage, options: LongCallOptions) {
  const log = new LogFold(call, { isWeighed: true });
  const undecodable: UndecodableEvent[] = [];
  let [bytes, seq] = [0, 0];
  for await (const page of pagesFrom(first, options)) {
    undecodable.push(...log.add(page).undecodable);
    bytes += page.bytes;
    seq = lastReadSeq(page) ?? seq;
    assertFitsMemory(log.memoryBytes, options.limits);
    assertFitsRow(log.leastRowBytes, options.limits);
  }
  const row = rowOf(log.record());
  assertFitsRow(bytesOfRow(row.row), options.limits);
  return { ...row, undecodable, bytes, seq };
}

/** What the archive lacks of a folded long call, page by page. It has to be there before the row is written. */
export async function* longSegments(
  folded: FoldedCall,
  { first }: LongLog,
  options: LongCallOptions,
): AsyncGenerator<readonly CallSegment[]> {
  const { call } = folded.task;
  const undecodable = new Set(folded.undecodable.map(({ seq }) => seq));
  for await (const page of pagesFrom(first, options)) {
    const segments = segmentsAfter(eventsOf(page, undecodable), folded.archivedSeq);
    yield segments.map((segment): CallSegment => ({ call, epoch: folded.epoch, segment }));
  }
}

async function* pagesFrom(first: LogPage, { readPages, onBeat }: LongCallOptions): AsyncGenerator<LogPage> {
  for await (const page of followLog(readPages, first)) {
    onBeat();
    yield page;
  }
}

/** The entries of a page that the fold could decode; in one piece if that is all of them and they were read so. */
function eventsOf(page: LogPage, undecodable: ReadonlySet<number>): LogPage['entries'] | JoinedEntries {
  if (undecodable.size === 0 && page.joined !== undefined) return page.joined;
  return page.entries.filter(({ seq }) => !undecodable.has(seq));
}

/** Where the log of a call is that was not read as a whole. */
export function wholeLog({ lastSeq, logBytes }: LogPage, epoch: string): LogPointer {
  return { epoch, fromSeq: 1, toSeq: lastSeq, ...(logBytes !== undefined && { bytes: logBytes }) };
}

function assertFitsMemory(bytes: number, { maxMemoryBytes }: CallLimits): void {
  if (bytes > maxMemoryBytes)
    throw new TooLargeError(
      `folded it takes more than ${inMebibytes(maxMemoryBytes)} MiB of memory: replay it with a larger heap (--max-old-space-size)`,
    );
}

function assertFitsRow(bytes: number, { maxRowBytes }: CallLimits): void {
  if (bytes > maxRowBytes)
    throw new TooLargeError(
      `its row has ${inMebibytes(bytes)} MiB or more, and MAX_ROW_BYTES allows ${inMebibytes(maxRowBytes)} MiB`,
    );
}

function inMebibytes(bytes: number): number {
  return Math.round(bytes / 2 ** 20);
}
