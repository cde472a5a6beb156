import { type AppendOutcome, type Appender, type AppendRequest, type AppendResult } from '@turnlog/call-log';
import { withDeadline } from '@turnlog/service-kit';
import { type AnswerObserver, type ProducerSpool } from '../delivery-options.ts';
import { DeliveryLoop } from '../loop/delivery-loop.ts';
import { type SpoolOutbox } from './spool-outbox.ts';

const APPEND_BACKOFF = { minMs: 50, maxMs: 500 };

/** Where the events of a request are: in the log, in the spool on their way there, or it is not known. */
export type Stored =
  | { readonly where: 'log'; readonly results: readonly AppendResult[] }
  | { readonly where: 'spool' }
  | { readonly where: 'unknown' };

/** Stores the events of one request before a deadline. */
export type EventStore = (request: AppendRequest, deadline: AbortSignal) => Promise<Stored>;

/** Observes appends, so that a gateway that can't store reports receives none. */
export interface WritesObserver extends AnswerObserver {
  /** The sender of a report learned that it can't be stored. */
  onRefused(error?: unknown): void;
}

/** Stores events in Redis, or not at all. */
export function storeInRedis(appender: Appender, writes: WritesObserver): EventStore {
  return async (request, deadline) => {
    const { stored, error } = await appendUntil(appender, writes, request, deadline);
    if (stored.where === 'unknown') writes.onRefused(error);
    return stored;
  };
}

/** Stores events in Redis, or in the spool where Redis does not take them soon enough. Events there are sent first. */
export function storeInRedisOrSpool(options: {
  readonly appender: Appender;
  readonly writes: WritesObserver;
  readonly spool: Pick<ProducerSpool, 'store'>;
  readonly outbox: SpoolOutbox;
  /** Unacknowledged events take all the memory that they may. */
  readonly isOverloaded: () => boolean;
  /** How long Redis may take. */
  readonly afterMs: number;
}): EventStore {
  const { appender, writes, spool, outbox, isOverloaded, afterMs } = options;
  const inRedis = storeInRedis(appender, writes);
  const soon = async (request: AppendRequest): Promise<Stored> => {
    const attempt = appendUntil(appender, writes, request, AbortSignal.timeout(afterMs));
    const answer = await withDeadline(attempt, afterMs);
    return answer.timedOut ? { where: 'unknown' } : answer.value.stored;
  };
  return async (request, deadline) => {
    const stored: Stored = outbox.isEmpty ? await soon(request) : { where: 'unknown' };
    if (stored.where !== 'unknown') return stored;
    // Redis decides about the events of a full tenant: the disk is for all tenants.
    const mayWait = request.isTenantFull !== true && !isOverloaded();
    const hold = mayWait ? await spool.store(request.events) : undefined;
    if (hold === undefined) return inRedis(request, deadline);
    outbox.deliver({ ...request, isAcknowledged: true }, () => hold.release(request.events.length));
    return { where: 'spool' };
  };
}

/** Appends until Redis takes the events, or until the signal. The error is that of the last attempt. */
async function appendUntil(
  appender: Appender,
  writes: WritesObserver,
  request: AppendRequest,
  signal: AbortSignal,
): Promise<{ readonly stored: Stored; readonly error?: unknown }> {
  let stored: Stored | undefined;
  let lastError: unknown;
  const loop = new DeliveryLoop<AppendOutcome>({
    send: () => (stored === undefined && !signal.aborted ? appender.append(request) : undefined),
    onOutcome: (outcome) => {
      stored = outcome.outcome === 'ok' ? { where: 'log', results: outcome.results } : { where: 'unknown' };
    },
    backoff: APPEND_BACKOFF,
    observer: {
      onRetry: (_attempt, error) => (lastError = error),
      onStalled: (error) => writes.onStalled?.(error),
      onAnswered: () => writes.onAnswered?.(),
    },
  });
  const endDelay = () => loop.retryNow();
  signal.addEventListener('abort', endDelay);
  loop.wake();
  await loop.whenIdle();
  signal.removeEventListener('abort', endDelay);
  return { stored: stored ?? { where: 'unknown' }, error: lastError };
}
