import {
  followLog,
  isFaultOfTheCall,
  type LogPage,
  type LogRequest,
  type ReadLogPages,
} from '@turnlog/call-log';
import { type CallTask } from '../domain/call-task.ts';
import { bisect } from '../store/bisect.ts';
import { type BrokenCall } from '../store/call-outcome.ts';

/** The most text of one read. A log of several pages that does not fit any more is folded page by page. */
const MAX_READ_BYTES = 32_000_000;

/** What was read of a call's log: all of it, the first page of a long one, or only an error. */
export type LogRead = WholeLog | LongLog | BrokenCall;

/** All pages of a log. */
export interface WholeLog {
  readonly kind: 'whole';
  readonly task: CallTask;
  readonly pages: readonly [LogPage, ...LogPage[]];
}

/** A log that is too long to be held as a whole. */
export interface LongLog {
  readonly kind: 'long';
  readonly task: CallTask;
  readonly first: LogPage;
}

/** Reads the logs of tasks in one round trip, and then the further pages of longer ones. */
export async function readLogs(
  readPages: ReadLogPages,
  tasks: readonly CallTask[],
  { maxHeldBytes }: { readonly maxHeldBytes: number },
): Promise<LogRead[]> {
  const readFirst = (some: readonly CallTask[]) => readPages(some.map(firstPageOf));
  const attempts = await bisect(tasks, readFirst, { classify: classifyRedisError });
  let bytes = attempts.reduce((sum, attempt) => sum + (attempt.ok ? attempt.result.bytes : 0), 0);
  const reads: LogRead[] = [];
  for (const attempt of attempts) {
    const { item: task } = attempt;
    if (!attempt.ok) {
      const { error, kind: cause } = attempt;
      reads.push({ kind: 'broken', task, log: undefined, error, cause });
      continue;
    }
    const maxBytes = Math.min(maxHeldBytes, MAX_READ_BYTES - bytes + attempt.result.bytes);
    const read = await readOn(readPages, task, attempt.result, maxBytes);
    if (read.kind === 'whole') bytes += bytesOf(read) - attempt.result.bytes;
    reads.push(read);
  }
  return reads;
}

/** The bytes that a read holds. */
export function bytesOf(read: LogRead): number {
  return read.kind === 'whole' ? read.pages.reduce((sum, page) => sum + page.bytes, 0) : 0;
}

/** Whether a call may be the cause of an error of Redis, or Redis itself is in trouble. */
export function classifyRedisError(error: unknown): 'unknown' | 'unavailable' {
  return isFaultOfTheCall(error) ? 'unknown' : 'unavailable';
}

function firstPageOf({ call }: CallTask): LogRequest {
  return { call, fromSeq: 1 };
}

async function readOn(
  readPages: ReadLogPages,
  task: CallTask,
  first: LogPage,
  maxBytes: number,
): Promise<WholeLog | LongLog> {
  if (first.isLast) return { kind: 'whole', task, pages: [first] };
  if ((first.logBytes ?? 0) > maxBytes) return { kind: 'long', task, first };
  const pages: [LogPage, ...LogPage[]] = [first];
  let bytes = first.bytes;
  for await (const page of followLog(readPages, first)) {
    if (page === first) continue;
    bytes += page.bytes;
    if (bytes > maxBytes) return { kind: 'long', task, first };
    pages.push(page);
  }
  return { kind: 'whole', task, pages };
}
