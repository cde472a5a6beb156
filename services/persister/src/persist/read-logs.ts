import {
  followLog,
  isFaultOfTheCall,
  type LogPage,
  type LogRequest,
  type ReadLogPages,
} from '@turnlog/call-log';
import { type CallTask } from '../domain/call-task.ts';
import { type CallLimits } from './persist-long-call.ts';
import { type BrokenCall } from './prepare-call.ts';
import { attemptEach } from '../store/bisect.ts';

/** The most text of one read. A log of several pages that does not fit any more is folded page by page. */
const MAX_READ_BYTES = 32_000_000;

/** What was read of a task's log: all of it, the first page of a long one, or nothing but an error. */
export type LogRead =
  | { readonly kind: 'whole'; readonly task: CallTask; readonly pages: readonly [LogPage, ...LogPage[]] }
  | { readonly kind: 'long'; readonly task: CallTask; readonly first: LogPage }
  | BrokenCall;

/** Reads the logs of tasks in one round trip, and further pages of those that have some. */
export async function readLogs(
  readPages: ReadLogPages,
  tasks: readonly CallTask[],
  { maxHeldBytes }: Pick<CallLimits, 'maxHeldBytes'>,
): Promise<LogRead[]> {
  const read = (some: readonly CallTask[]) => readPages(some.map(firstPageOf));
  const attempts = await attemptEach(tasks, { write: read, classify: blame });
  let bytes = attempts.reduce((sum, attempt) => sum + (attempt.ok ? attempt.result.bytes : 0), 0);
  const reads: LogRead[] = [];
  for (const attempt of attempts) {
    const { item: task } = attempt;
    if (!attempt.ok) reads.push({ kind: 'broken', task, log: undefined, error: attempt.error });
    else {
      const maxBytes = Math.min(maxHeldBytes, MAX_READ_BYTES - bytes + attempt.result.bytes);
      const log = await readOn(readPages, task, attempt.result, maxBytes);
      if (log.kind === 'whole') bytes += bytesOf(log) - attempt.result.bytes;
      reads.push(log);
    }
  }
  return reads;
}

/** The bytes that a read holds. */
export function bytesOf(read: LogRead): number {
  return read.kind === 'whole' ? read.pages.reduce((sum, page) => sum + page.bytes, 0) : 0;
}

/** Of what Redis refuses, a call may be to blame, or Redis itself is in trouble. */
export function blame(error: unknown): 'unknown' | 'unavailable' {
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
): Promise<LogRead> {
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
