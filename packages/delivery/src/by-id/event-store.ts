import { type AppendRequest, type AppendResult, type Appender } from '@turnlog/call-log';
import { retryForever, withDeadline } from '@turnlog/service-kit';
import { type ProducerSpool } from '../delivery-options.ts';
import { type UnorderedOutbox } from './unordered-outbox.ts';

const APPEND_BACKOFF = { minMs: 50, maxMs: 500 };

/** What became of events: in the log, safe in the spool on their way there, or unknown. */
export type Stored =
  | { readonly where: 'log'; readonly results: readonly AppendResult[] }
  | { readonly where: 'spool' }
  | { readonly where: 'unknown' };

/** Stores events of one request. Rejects only for what is a fault of ours. */
export type EventStore = (request: AppendRequest, deadline: AbortSignal) => Promise<Stored>;

/** What is told of appends, so that a gateway that can't store reports is not sent any. */
export interface WritesObserver {
  onStalled(error?: unknown): void;
  onAnswered(): void;
  /** A report was answered that it can't be stored. */
  onRefused(error?: unknown): void;
}

/** Events go to Redis, or the deadline passes: then whoever sent them is told that they can't be stored. */
export function storeInRedis(appender: Appender, writes: WritesObserver): EventStore {
  return async (request, signal) => {
    const { stored, error } = await tryUntil(appender, writes, request, signal);
    if (stored.where === 'unknown') writes.onRefused(error);
    return stored;
  };
}

/** Events go to Redis; to the spool when that doesn't take them soon enough. What waits there keeps its turn. */
export function storeInRedisOrSpool(options: {
  readonly appender: Appender;
  readonly writes: WritesObserver;
  readonly spool: Pick<ProducerSpool, 'store'>;
  readonly outbox: UnorderedOutbox;
  /** What waits for Redis takes all the memory that it may. */
  readonly isOverloaded: () => boolean;
  /** How long Redis may take. */
  readonly afterMs: number;
}): EventStore {
  const { appender, writes, spool, outbox, isOverloaded, afterMs } = options;
  const patiently = storeInRedis(appender, writes);
  const soon = async (request: AppendRequest): Promise<Stored> => {
    const attempt = tryUntil(appender, writes, request, AbortSignal.timeout(afterMs));
    const answer = await withDeadline(attempt, afterMs);
    return answer.timedOut ? { where: 'unknown' } : answer.value.stored;
  };
  return async (request, deadline) => {
    const stored: Stored = outbox.isEmpty ? await soon(request) : { where: 'unknown' };
    if (stored.where !== 'unknown') return stored;
    // What a full tenant sends is for Redis to take or refuse: the disk is for all tenants.
    const mayWait = request.isTenantFull !== true && !isOverloaded();
    const hold = mayWait ? await spool.store(request.events) : undefined;
    if (hold === undefined) return patiently(request, deadline);
    outbox.deliver({ ...request, isAcknowledged: true }, () => hold.release(request.events.length));
    return { where: 'spool' };
  };
}

/** Tries until the events are taken, or until the signal. The error is that of the last attempt. */
async function tryUntil(
  appender: Appender,
  writes: WritesObserver,
  request: AppendRequest,
  signal: AbortSignal,
): Promise<{ readonly stored: Stored; readonly error?: unknown }> {
  let lastError: unknown;
  const onFailure = ({ error }: { readonly error: unknown }): void => {
    lastError = error;
    writes.onStalled(error);
  };
  try {
    const append = () => appender.append(request);
    const outcome = await retryForever(append, { backoff: APPEND_BACKOFF, signal, onFailure });
    writes.onAnswered();
    const stored: Stored =
      outcome.outcome === 'ok' ? { where: 'log', results: outcome.results } : { where: 'unknown' };
    return { stored };
  } catch (error) {
    if (signal.aborted) return { stored: { where: 'unknown' }, error: lastError };
    throw error;
  }
}
