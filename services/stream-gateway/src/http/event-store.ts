import { type AppendRequest, type AppendResult, type Appender } from '@turnlog/call-log';
import { retryForever, withDeadline } from '@turnlog/service-kit';
import { type Spool } from '@turnlog/spool';
import { type UnorderedOutbox } from '../spool/unordered-outbox.ts';

const APPEND_BACKOFF = { minMs: 50, maxMs: 500 };

/** What became of events: in the log, safe in the spool on their way there, or unknown. */
export type Stored =
  | { readonly where: 'log'; readonly results: readonly AppendResult[] }
  | { readonly where: 'spool' }
  | { readonly where: 'unknown' };

/** Stores events of one request. Rejects only for what is a fault of ours. */
export type EventStore = (request: AppendRequest, deadline: AbortSignal) => Promise<Stored>;

/** Events go to Redis, or the deadline passes. */
export function storeInRedis(appender: Appender): EventStore {
  return async (request, signal) => {
    try {
      const outcome = await retryForever(() => appender.append(request), { backoff: APPEND_BACKOFF, signal });
      return outcome.outcome === 'ok' ? { where: 'log', results: outcome.results } : { where: 'unknown' };
    } catch (error) {
      if (signal.aborted) return { where: 'unknown' };
      throw error;
    }
  };
}

/** Events go to Redis; to the spool when that doesn't take them soon enough. What waits there keeps its turn. */
export function storeInRedisOrSpool(options: {
  readonly appender: Appender;
  readonly spool: Spool;
  readonly outbox: UnorderedOutbox;
  /** How long Redis may take. */
  readonly afterMs: number;
}): EventStore {
  const { appender, spool, outbox, afterMs } = options;
  const patiently = storeInRedis(appender);
  const soon = async (request: AppendRequest): Promise<Stored> => {
    const answer = await withDeadline(patiently(request, AbortSignal.timeout(afterMs)), afterMs);
    return answer.timedOut ? { where: 'unknown' } : answer.value;
  };
  return async (request, deadline) => {
    const stored: Stored = outbox.isEmpty ? await soon(request) : { where: 'unknown' };
    if (stored.where !== 'unknown') return stored;
    const segment = await spool.store(request.events, request.mode);
    if (segment === undefined) return patiently(request, deadline);
    outbox.deliver({ ...request, isAcknowledged: true }, () => segment.release(request.events.length));
    return { where: 'spool' };
  };
}
