import {
  createDeadLetters,
  createSettler,
  readCallLogs,
  startFeedConsumer,
  allPartitions,
  type BrokenPartitions,
  type FeedConsumer,
  type FeedHandling,
  type KeySpace,
} from '@turnlog/call-log';
import { type CallStore } from '@turnlog/call-store';
import { backoffDelayMs, describeError, monotonicClock, type Logger } from '@turnlog/service-kit';
import { type Redis } from 'ioredis';
import { createSuspects } from './domain/suspects.ts';
import { createCallPersister, type PersistCallsOptions } from './persist-calls.ts';
import { type PersistReport } from './report/persist-report.ts';
import { createCallWriter } from './store/call-writer.ts';
import { DatabaseTrouble, type DatabaseWatch } from './store/database-watch.ts';

/** How long one blocking read waits for something new. */
export const BLOCK_MS = 2_000;

/**
 * The most batches under way at once: while Redis reads the logs of one and Postgres writes others, there is one to fold.
 * With fewer they fall into step, and all wait for the same server.
 */
const BATCHES_AT_ONCE = 6;
/** Of both servers: whichever was away, work goes on within seconds. */
const PAUSE = { minMs: 100, maxMs: 5_000 };
const SUSPECT_LIMITS = { maxFailures: 5, minAgeMs: 60_000 };

/** What a persister takes. */
export interface PersisterOptions {
  readonly commands: Redis;
  /** A connection of its own: a blocking read holds up everything else on it. */
  readonly blocking: Redis;
  readonly space: KeySpace;
  readonly store: Pick<CallStore, 'writeCalls' | 'mergeCall'>;
  readonly consumer: string;
  readonly batchCalls: number;
  /** The most writes at once: not more than there are connections to Postgres. */
  readonly maxWrites: number;
  readonly keepKeysMs: number;
  /** How long their heads stay at least; a minute by default. */
  readonly keepHeadMs?: number;
  readonly claimIdleMs: number;
  readonly logger: Logger;
  readonly report: PersistReport;
  readonly watch: DatabaseWatch;
  /** Whether Redis is short of memory: then a call that was persisted is released at once. */
  readonly isMemoryShort?: () => boolean;
  /** Told of feeds that can't be read. */
  readonly broken?: BrokenPartitions;
  /** Proof of life: told after every read, batch and failed attempt, so also while Postgres is away. */
  readonly onBeat: () => void;
  /** By default {@link createSettler} and {@link createDeadLetters} on `commands`. */
  readonly settle?: PersistCallsOptions['settle'];
  readonly letters?: PersistCallsOptions['letters'];
  /** How it waits before it tries again; by default for as long as it says. */
  readonly pause?: FeedHandling['pause'];
}

/** Starts persisting what the persist feed asks for, until stopped; stopping finishes the writes in flight. */
export function startPersister(options: PersisterOptions): FeedConsumer {
  const { commands, blocking, space, store, consumer, batchCalls, keepKeysMs, claimIdleMs } = options;
  const { report, watch, onBeat } = options;
  const stopping = new AbortController();
  const count = Math.max(1, Math.floor(batchCalls / space.partitions));
  const running = startFeedConsumer({
    commands,
    blocking,
    space,
    feed: 'persist',
    consumer,
    partitions: allPartitions(space),
    count,
    readAhead: { fromEntries: (count * space.partitions) / 2, maxReads: BATCHES_AT_ONCE },
    blockMs: BLOCK_MS,
    claimIdleMs,
    reclaimEveryMs: claimIdleMs / 3,
    handle: createCallPersister({
      readLogs: (requests) => readCallLogs(commands, space, requests),
      write: createCallWriter(store, watch, report.paused),
      settle: options.settle ?? createSettler(commands, space, keepKeysMs, options),
      letters: options.letters ?? createDeadLetters(commands, space),
      suspects: createSuspects(SUSPECT_LIMITS, () => monotonicClock.now()),
      report,
      batchCalls,
      maxWrites: options.maxWrites,
      onBatch: onBeat,
      isStopping: () => stopping.signal.aborted,
      now: Date.now,
    }),
    onTurn: onBeat,
    onError: (error, attempt) => {
      onBeat();
      tellOfFailure(options.logger, error, attempt);
    },
    onLost: report.lost,
    backoffMs: (attempt) => backoffDelayMs(attempt - 1, PAUSE),
    ...(options.broken && { broken: options.broken }),
    ...(options.pause && { pause: options.pause }),
  });
  return {
    stop: async () => {
      stopping.abort();
      await running.stop();
    },
  };
}

/** The trouble of Postgres is told by its watch. Of any other, the first failure in a row is news. */
function tellOfFailure(logger: Logger, error: unknown, attempt: number): void {
  if (error instanceof DatabaseTrouble) return;
  const level = attempt === 1 ? 'warn' : 'debug';
  logger[level](
    { error: describeError(error).message, attempt },
    'Reading the persist feed failed, trying again',
  );
}
