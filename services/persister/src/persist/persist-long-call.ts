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
import { TooLargeError } from '../domain/too-large.ts';
import { bytesOfRow, rowOf, toFold, type PreparedCall } from './prepare-call.ts';
import { type FoldedCall } from '../store/folded-call.ts';

/** What one call may take. */
export interface CallLimits {
  /** The most bytes of JSON in a row. Postgres holds no more than 256 MiB in one value. */
  readonly maxRowBytes: number;
  /** About how much memory a folded call may take. */
  readonly maxMemoryBytes: number;
  /** A log of more bytes is not held as a whole: it is folded page by page, by itself. */
  readonly maxHeldBytes: number;
}

/** What preparing long calls takes. */
export interface LongCallOptions {
  readonly readPages: ReadLogPages;
  readonly limits: CallLimits;
  /** Proof of life: told of each page. */
  readonly onPage: () => void;
}

/** A long log, folded, that is not in the archive yet. */
export interface LongCall {
  readonly prepared: PreparedCall;
  /** What the archive lacks, page by page. It has to be there before the row is written. */
  readonly stretches: () => AsyncIterable<readonly CallSegment[]>;
}

/**
 * Folds a log of which no more than a page is in memory at a time. A call that is larger than the limits is `broken` with
 * a {@link TooLargeError}, and nothing of it is archived.
 */
export function createLongCallReader({ readPages, limits, onPage }: LongCallOptions) {
  const pagesFrom = async function* (first: LogPage): AsyncGenerator<LogPage> {
    for await (const page of followLog(readPages, first)) {
      onPage();
      yield page;
    }
  };

  const fold = async (task: CallTask, first: LogPage) => {
    const log = new LogFold(task.call, { isWeighed: true });
    const undecodable: UndecodableEvent[] = [];
    let [bytes, seq] = [0, 0];
    for await (const page of pagesFrom(first)) {
      undecodable.push(...log.add(page).undecodable);
      bytes += page.bytes;
      seq = lastReadSeq(page) ?? seq;
      assertFitsMemory(log.memoryBytes, limits);
      assertFitsRow(log.leastRowBytes, limits);
    }
    const row = rowOf(log.record());
    assertFitsRow(bytesOfRow(row.row), limits);
    return { ...row, undecodable, bytes, seq };
  };

  const stretches = async function* (folded: FoldedCall, first: LogPage) {
    const { call } = folded.task;
    const undecodable = new Set(folded.undecodable.map(({ seq }) => seq));
    for await (const page of pagesFrom(first)) {
      const segments = segmentsAfter(eventsOf(page, undecodable), folded.archivedSeq);
      yield segments.map((segment): CallSegment => ({ call, epoch: folded.epoch, segment }));
    }
  };

  return async (task: CallTask, first: LogPage): Promise<LongCall> => {
    const next = toFold(task, first, first.lastSeq);
    if (next.kind !== 'to fold') return { prepared: next, stretches: nothing };
    const { epoch, archivedSeq } = next;
    try {
      const folded: FoldedCall = { task, epoch, archivedSeq, segments: [], ...(await fold(task, first)) };
      return { prepared: { kind: 'folded', folded }, stretches: () => stretches(folded, first) };
    } catch (error) {
      if (!(error instanceof TooLargeError)) throw error;
      return { prepared: { kind: 'broken', task, log: wholeLog(first, epoch), error }, stretches: nothing };
    }
  };
}

/** The entries of a page that are events, as was found when it was folded. In one piece where all are, and came so. */
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

/** What there is to archive of a call that is not folded. */
async function* nothing(): AsyncGenerator<readonly CallSegment[]> {
  // Nothing.
}

function inMebibytes(bytes: number): number {
  return Math.round(bytes / 2 ** 20);
}
