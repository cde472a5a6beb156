import { getHeapStatistics } from 'node:v8';
import {
  createDeadLetters,
  createPageReader,
  createSettler,
  createTrials,
  startFeedConsumer,
  allPartitions,
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
  monotonicClock,
  startTimer,
  type Logger,
} from '@turnlog/service-kit';
import { type Redis } from 'ioredis';
import { createSuspects } from './domain/suspects.ts';
import {
  createCallPersister,
  type CallPersister,
  type PersistCallsOptions,
} from './persist/persist-calls.ts';
import { type PersistReport } from './report/persist-report.ts';
import { createCallWriter, type CallTables } from './store/call-writer.ts';
import { DatabaseTrouble, type DatabaseWatch } from './store/database-watch.ts';
import { type StuckCalls } from './persist/waiting-calls.ts';

/** How long one blocking read waits for something new. */
export const BLOCK_MS = 2_000;

/**
 * The most batches under way at once: while Redis reads the logs of one and Postgres writes others, there is one to fold.
 * With fewer they fall into step, and all wait for the same server.
 */
const BATCHES_AT_ONCE = 6;
/** Of both servers: whichever was away, work goes on within seconds. */
const PAUSE = { minMs: 100, maxMs: 5_000 };
/** A log of more bytes is folded page by page. */
const MAX_HELD_BYTES = 4_000_000;
/** Of the heap: the rest is for what is made of the call on its way to Postgres, and for its neighbours. */
const MEMORY_SHARE_OF_A_CALL = 0.4;
const SUSPECT_LIMITS = { maxFailures: 5, minAgeMs: 60_000 };

/** What a persister takes. */
export interface PersisterOptions {
  readonly commands: Redis;
  /** A connection of its own: a blocking read holds up everything else on it. */
  readonly blocking: Redis;
  readonly space: KeySpace;
  readonly store: CallTables & Pick<CallStore, 'ping'>;
  readonly consumer: string;
  readonly batchCalls: number;
  /** The most writes at once: not more than there are connections to Postgres. */
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

/** A running persister. */
export interface Persister extends FeedConsumer {
  /** Calls that can't be written at present, while others are. */
  stuck(): StuckCalls;
}

/** Starts persisting what the persist feed asks for, until stopped; stopping finishes the writes in flight. */
export function startPersister(options: PersisterOptions): Persister {
  const { commands, blocking, space, consumer, batchCalls, claimIdleMs } = options;
  const { report, onBeat } = options;
  const stopping = new AbortController();
  const persister = createCalls(options, stopping.signal);
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
      tellOfFailure(options.logger, error, attempt);
    },
    onLost: report.lost,
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

function createCalls(options: PersisterOptions, stopping: AbortSignal): CallPersister {
  const { commands, space, store, batchCalls, keepKeysMs, watch, report, onBeat } = options;
  let troubles = 0;
  return createCallPersister({
    readPages: createPageReader(commands, space),
    writer: createCallWriter(store, watch, { maxCalls: batchCalls, onPaused: report.paused }),
    settle: options.settle ?? createSettler(commands, space, keepKeysMs, options),
    letters: options.letters ?? createDeadLetters(commands, space),
    trials: createTrials(commands, space),
    ping: () => store.ping(),
    suspects: createSuspects(SUSPECT_LIMITS, () => monotonicClock.now()),
    report,
    limits: {
      maxRowBytes: options.maxRowBytes,
      maxMemoryBytes: getHeapStatistics().heap_size_limit * MEMORY_SHARE_OF_A_CALL,
      maxHeldBytes: options.maxHeldBytes ?? MAX_HELD_BYTES,
    },
    batchCalls,
    maxWrites: options.maxWrites,
    gatherLateMs: options.gatherLateMs,
    onBeat,
    onTrouble: (error) => tellOfFailure(options.logger, error, (troubles += 1)),
    // Not before the last of it is let go of.
    onLongCall: () => setImmediate(collectGarbage),
    isStopping: () => stopping.aborted,
    now: Date.now,
    startTimer,
  });
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
