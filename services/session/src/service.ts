import { getHeapStatistics } from 'node:v8';
import {
  allPartitions,
  createAppender,
  createLiveCalls,
  createPageReader,
  createSessionSaver,
  partitionKeys,
  NO_LIMITS,
  publishChange,
  startFeedConsumer,
  watchPartitions,
} from '@turnlog/call-log';
import { connectRedis, serverTimeMs } from '@turnlog/redis-kit';
import {
  backoffDelayMs,
  collectGarbage,
  createHealth,
  createMetrics,
  createOpsHandler,
  monotonicClock,
  startOpsServer,
  type Health,
  type Lifecycle,
  type Logger,
  type Metrics,
  untilRedisUsable,
} from '@turnlog/service-kit';
import { type Redis } from 'ioredis';
import { type SessionConfig } from './config.ts';
import { createStateCache, type StateCache } from './domain/state-cache.ts';
import { createActivityFold } from './live-state/fold-activity.ts';
import { createLagReport } from './lag-report.ts';
import { repeatEvery } from './repeat-every.ts';
import { createSessionObserver, type SessionObserver } from './report.ts';
import { createSweep } from './live-state/sweep.ts';

const LAG_EVERY_MS = 10_000;
const BACKOFF = { minMs: 50, maxMs: 5_000 };

/** How long a loop may be silent beside its own pause, with a Redis that answers nothing at all. */
const MAX_SILENCE_MS = 60_000;

/** A state that was not used for so long is folded anew when it is needed. */
const MAX_IDLE_MS = 60_000;
const DROP_IDLE_EVERY_MS = 10_000;
/** So much at once is worth it to have the memory collected. */
const COLLECTED_BYTES = 16 * 2 ** 20;
/** Of the heap: the rest is for what is folded just now, and for the states of other calls. */
const MEMORY_SHARE_OF_A_CALL = 0.4;

/** What the parts of the service share. */
interface Shared {
  readonly config: SessionConfig;
  readonly lifecycle: Lifecycle;
  readonly logger: Logger;
  readonly redis: Redis;
  readonly blocking: Redis;
  readonly health: Health;
  readonly metrics: Metrics;
  readonly observer: SessionObserver;
  /** The partitions that can't be worked with. */
  readonly partitions: ReturnType<typeof watchPartitions>;
}

/**
 * Starts every part of the service, as soon as Redis can be had, and registers its undoing. Resolves with the port of
 * the ops server, which is up from the beginning.
 */
export async function startSession(
  config: SessionConfig,
  { lifecycle, logger }: { readonly lifecycle: Lifecycle; readonly logger: Logger },
): Promise<number> {
  const health = createHealth({ isStopping: () => lifecycle.isStopping });
  const metrics = createMetrics('session');
  const observer = createSessionObserver(logger, metrics);
  const clients = connect(config, lifecycle, logger);
  const partitions = watchPartitions(logger);
  const shared: Shared = { config, lifecycle, logger, health, metrics, observer, partitions, ...clients };

  const healthPort = await startOps(shared);
  // A wait ends with each failed attempt to connect; the service's ends with Redis, or when it is told to stop.
  await untilRedisUsable(shared.redis, { backoff: BACKOFF, signal: lifecycle.signal });
  reportLag(shared);
  startSweeping(shared);
  startFolding(shared);
  return healthPort;
}

function connect({ redisUrl: url, instance, blockMs }: SessionConfig, lifecycle: Lifecycle, logger: Logger) {
  const name = `session:${instance}`;
  const redis = connectRedis(lifecycle, { url, name, logger });
  const blocking = connectRedis(lifecycle, { url, name: `${name}-reads`, logger, blockMs });
  return { redis, blocking };
}

async function startOps({ config, lifecycle, redis, health, metrics, partitions }: Shared): Promise<number> {
  health.readinessCheck('redis', async () => {
    await redis.ping();
    return { ok: true };
  });
  health.readinessCheck('partitions', partitions.check);
  const handle = createOpsHandler({ health, metrics });
  const ops = await startOpsServer({ handle, port: config.healthPort });
  lifecycle.onStop('ops server', () => ops.close());
  return ops.port;
}

function reportLag({ config, lifecycle, logger, redis, metrics }: Shared): void {
  const { report, onError } = createLagReport({ redis, space: config.space, logger, metrics });
  lifecycle.onStop('lag report', repeatEvery({ everyMs: LAG_EVERY_MS, task: report, onError }));
}

function startSweeping({ config, lifecycle, redis, health, observer, partitions }: Shared): void {
  const { space, sweepEveryMs } = config;
  const heartbeat = health.heartbeat('sweep', { maxSilenceMs: MAX_SILENCE_MS + sweepEveryMs });
  const sweep = createSweep({
    ...config,
    // An end is taken beyond any limit, and while Redis is full: it is what has a call persisted, and its memory freed.
    appender: createAppender(redis, space, { ...NO_LIMITS, runsWithoutMemory: true }),
    liveCalls: createLiveCalls(redis, space, config.checkpointEveryMs),
    serverTimeMs: () => serverTimeMs(redis),
    partitions: allPartitions(space),
    now: () => monotonicClock.now(),
    broken: partitions.broken,
    keysOf: (partition) => partitionKeys(space, partition),
    onCallFailed: ({ call }, error) => observer.onNotGivenUp(call, error),
  });
  const stop = repeatEvery({
    everyMs: sweepEveryMs,
    task: async () => {
      heartbeat.beat();
      observer.onSwept(await sweep());
    },
    onError: (error) => observer.onSweepFailed(error),
  });
  lifecycle.onStop('sweep', stop);
}

function startFolding(shared: Shared): void {
  const { config, lifecycle, redis, blocking, health, metrics, observer } = shared;
  const { space, blockMs, claimIdleMs } = config;
  const cache = createStateCache({
    maxCalls: config.cacheMaxCalls,
    maxMemoryBytes: config.cacheMaxMegabytes * 2 ** 20,
    maxIdleMs: MAX_IDLE_MS,
    now: () => monotonicClock.now(),
  });
  // A Redis that lost its newest writes gives their numbers to other events; it can't do so without breaking this off.
  redis.on('close', () => cache.clear());
  metrics.measuredGauge({
    name: 'session_cached_calls',
    help: 'Calls whose state is at hand',
    read: () => Promise.resolve(cache.size.calls),
  });

  const fold = createActivityFold({
    readPages: createPageReader(redis, space),
    cache,
    save: createSessionSaver(redis, space, config.checkpointEveryMs),
    publish: (change) => publishChange(redis, space, change),
    observer,
    maxCallMemoryBytes: getHeapStatistics().heap_size_limit * MEMORY_SHARE_OF_A_CALL,
  });
  lifecycle.onStop(
    'idle states',
    repeatEvery({
      everyMs: DROP_IDLE_EVERY_MS,
      task: dropIdle(cache),
      onError: (error) => observer.onSweepFailed(error),
    }),
  );
  const heartbeat = health.heartbeat('consumer', { maxSilenceMs: MAX_SILENCE_MS + blockMs });
  const consumer = startFeedConsumer({
    space,
    feed: 'activity',
    consumer: config.instance,
    partitions: allPartitions(space),
    count: config.readCount,
    blockMs,
    claimIdleMs,
    reclaimEveryMs: claimIdleMs,
    broken: shared.partitions.broken,
    commands: redis,
    blocking,
    handle: (entries) => fold.handle(entries),
    onTurn: () => heartbeat.beat(),
    onError: (error, attempt) => {
      heartbeat.beat();
      observer.onReadFailed(error, attempt);
    },
    onLost: (count) => observer.onLost(count),
    backoffMs: (attempt) => backoffDelayMs(attempt - 1, BACKOFF),
  });
  lifecycle.onStop('consumer', async () => {
    await consumer.stop();
    await fold.settled();
  });
}

function dropIdle(cache: StateCache) {
  return (): Promise<void> => {
    if (cache.dropIdle() >= COLLECTED_BYTES) collectGarbage();
    return Promise.resolve();
  };
}
