import { getHeapStatistics } from 'node:v8';
import {
  allPartitions,
  createPageReader,
  createCommitter,
  createTrials,
  DeadLetters,
  startFeedConsumer,
  type BrokenPartitions,
  type FeedConsumer,
  type FeedHandling,
  type KeySpace,
} from '@turnlog/call-log';
import { type CallStore } from '@turnlog/call-store';
import {
  backoffDelayMs,
  collectGarbage,
  describeError,
  eventLog,
  monotonicMs,
  startTimer,
  type Logger,
} from '@turnlog/service-kit';
import { type Redis } from 'ioredis';
import { Suspects } from '../domain/suspects.ts';
import { type PersistObserver } from '../report/persist-report.ts';
import { CallWriter, type CallTables } from '../store/call-writer.ts';
import { DatabaseTrouble, type DatabaseWatch } from '../store/database-watch.ts';
import { CallPersister, type PersistCallsOptions } from './persist-calls.ts';
import { type StuckCalls } from '../report/stuck-calls.ts';

const EVENTS = {
  persist_feed_failed: ['warn', 'reading the persist feed failed; retrying'],
} as const;

/** How long one blocking read waits for an entry. */
export const BLOCK_MS = 2_000;

/**
 * The most concurrent batches: while Redis reads the logs of one and Postgres writes others, there is one to fold. With
 * fewer, all of them wait for the same server at the same time.
 */
const BATCHES_AT_ONCE = 6;
/** After trouble with either server, work continues within seconds. */
const PAUSE = { minMs: 100, maxMs: 5_000 };
/** A log of more bytes is folded page by page. */
const MAX_HELD_BYTES = 4_000_000;
/** The share of the heap; the rest is for the call that is being written, and for other calls. */
const MEMORY_SHARE_OF_A_CALL = 0.4;
const SUSPECT_LIMITS = { maxFailures: 5, minAgeMs: 60_000 };

/** What persisting the feed needs. */
export interface PersistFeedOptions {
  readonly commands: Redis;
  /** A connection of its own: a blocking read holds up everything else on it. */
  readonly blocking: Redis;
  readonly space: KeySpace;
  readonly store: CallTables & Pick<CallStore, 'ping'>;
  readonly consumer: string;
  readonly batchCalls: number;
  /** The most concurrent writes: not more than there are connections to Postgres. */
  readonly maxWrites: number;
  readonly keepKeysMs: number;
  /** How long their heads stay at least; a minute by default. */
  readonly keepHeadMs?: number;
  readonly claimIdleMs: number;
  readonly gatherLateMs: number;
  readonly maxRowBytes: number;
  /** A log of more bytes is folded page by page; 4 MB by default. */
  readonly maxHeldBytes?: number;
  readonly logger: Logger;
  readonly report: PersistObserver;
  readonly watch: DatabaseWatch;
  /** Whether Redis is short of memory: then a call that was persisted is released at once. */
  readonly isMemoryShort?: () => boolean;
  /** Receives the feeds that can't be read. */
  readonly broken?: BrokenPartitions;
  /** A sign of life: called after every read, batch and failed attempt, so also while Postgres is unavailable. */
  readonly onBeat: () => void;
  /** By default {@link createCommitter} and {@link DeadLetters} on `commands`. */
  readonly commit?: PersistCallsOptions['commit'];
  readonly letters?: PersistCallsOptions['letters'];
  /** How it waits before it tries again; by default for the time that it is given. */
  readonly pause?: FeedHandling['pause'];
}

/** A running persister. */
interface FeedPersister extends FeedConsumer {
  /** Calls that can't be written at present, while others are. */
  stuck(): StuckCalls;
}

/** Persists the calls that the persist feed names, until it is stopped; the stop finishes the writes in progress. */
export function persistFeed(options: PersistFeedOptions): FeedPersister {
  const { commands, blocking, space, consumer, batchCalls, claimIdleMs, logger, report, onBeat } = options;
  const stopping = new AbortController();
  const persister = createPersister(options, stopping.signal);
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
    handle: (entries) => persister.handle(entries),
    onTurn: onBeat,
    onError: (error, attempt) => {
      onBeat();
      logFailure(logger, error, attempt);
    },
    onLost: (entries) => report.lost(entries),
    backoffMs: (attempt) => backoffDelayMs(attempt - 1, PAUSE),
    ...(options.broken && { broken: options.broken }),
    ...(options.pause && { pause: options.pause }),
  });
  return {
    stuck: () => persister.stuck(),
    stop: async () => {
      stopping.abort();
      await Promise.all([running.stop(), persister.stop()]);
    },
  };
}

function createPersister(options: PersistFeedOptions, stopping: AbortSignal): CallPersister {
  const { commands, space, store, batchCalls, watch, report, logger } = options;
  let troubles = 0;
  return new CallPersister({
    ...options,
    readPages: createPageReader(commands, space),
    writer: new CallWriter(store, watch, {
      maxCalls: batchCalls,
      onPaused: (calls, trouble) => report.paused(calls, trouble),
    }),
    commit: options.commit ?? createCommitter(commands, space, options.keepKeysMs, options),
    letters: options.letters ?? new DeadLetters(commands, space),
    trials: createTrials(commands, space),
    ping: () => store.ping(),
    suspects: new Suspects(SUSPECT_LIMITS, monotonicMs),
    limits: {
      maxRowBytes: options.maxRowBytes,
      maxMemoryBytes: getHeapStatistics().heap_size_limit * MEMORY_SHARE_OF_A_CALL,
      maxHeldBytes: options.maxHeldBytes ?? MAX_HELD_BYTES,
    },
    onTrouble: (error) => logFailure(logger, error, (troubles += 1)),
    // Not before the last reference to the call is gone.
    onLongCall: () => setImmediate(collectGarbage),
    isStopping: () => stopping.aborted,
    now: Date.now,
    startTimer,
  });
}

/** Trouble with Postgres is logged by its watch. Of any other, the first failure in a row is a warning. */
function logFailure(logger: Logger, error: unknown, attempt: number): void {
  if (error instanceof DatabaseTrouble) return;
  const level = attempt === 1 ? 'warn' : 'debug';
  eventLog(logger, EVENTS)('persist_feed_failed', { error: describeError(error).message, attempt }, level);
}
