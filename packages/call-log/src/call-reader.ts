import { type CallKey } from '@turnlog/call-events';
import { type Redis } from 'ioredis';
import { type RawEntry } from './feed/feed-entry.ts';
import { callKeys, type KeySpace } from './keys.ts';

/** One event as the log holds it. */
export interface LogEntry {
  readonly seq: number;
  /** The encoded event. */
  readonly text: string;
}

/** A stretch of one call's log, read together with its head. */
export interface CallLog {
  readonly call: CallKey;
  /** `undefined` when the call has no log (any more). */
  readonly epoch: string | undefined;
  /** The seq of the newest event. */
  readonly lastSeq: number;
  /** Up to which seq the events are known to be in Postgres. */
  readonly persistedSeq: number;
  readonly entries: readonly LogEntry[];
}

/** Which call, and from which seq on. */
export interface LogRequest {
  readonly call: CallKey;
  readonly fromSeq: number;
}

/** {@link readCallLogs} of one Redis: the logs in the order of the requests. */
export type ReadCallLogs = (requests: readonly LogRequest[]) => Promise<CallLog[]>;

/** Reads the logs of many calls in one round trip. */
export async function readCallLogs(
  redis: Redis,
  space: KeySpace,
  requests: readonly LogRequest[],
): Promise<CallLog[]> {
  const pipeline = redis.pipeline();
  for (const { call, fromSeq } of requests) {
    const { head, log } = callKeys(space, call);
    // The head first: an event appended between the two reads shows in the entries, and its feed entry brings us back.
    pipeline.hmget(head, 'epoch', 'seq', 'persisted').xrange(log, `${fromSeq}-0`, '+');
  }
  const replies = ((await pipeline.exec()) ?? []).map(valueOf);
  return requests.map(({ call }, index) => {
    const [epoch, lastSeq, persistedSeq] = replies[index * 2] as (string | null)[];
    return {
      call,
      epoch: epoch ?? undefined,
      lastSeq: Number(lastSeq ?? 0),
      persistedSeq: Number(persistedSeq ?? 0),
      entries: (replies[index * 2 + 1] as RawEntry[]).map(toLogEntry),
    };
  });
}

function toLogEntry([id, fields]: RawEntry): LogEntry {
  return { seq: Number.parseInt(id, 10), text: fields?.[1] ?? '' };
}

function valueOf([error, value]: [Error | null, unknown]): unknown {
  if (error !== null) throw error;
  return value;
}
