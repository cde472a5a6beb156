import { getHeapStatistics } from 'node:v8';
import {
  allPartitions,
  createAppender,
  createPageReader,
  createSessionSaver,
  LiveCalls,
  NO_LIMITS,
  partitionKeys,
  publishChange,
  ReplicaWatch,
  startFeedConsumer,
  watchPartitions,
  type KeySpace,
} from '@turnlog/call-log';
import { connectRedis, serverTimeMs } from '@turnlog/redis-kit';
import {
  answersPing,
  backoffDelayMs,
  collectGarbage,
  Health,
  Metrics,
  keySpaceOf,
  monotonicMs,
  runLoop,
  startOps,
  untilRedisUsable,
  withRedisCa,
  watchReplicas,
  type ServiceParts,
} from '@turnlog/service-kit';
import { type Redis } from 'ioredis';
import { quietAfterMs, type Config } from './config.ts';
import { StateCache } from './domain/state-cache.ts';
import { ActivityFold } from './live-state/fold-activity.ts';
import { Sweep } from './live-state/sweep.ts';
import { LagReport, SessionReport } from './report.ts';

const LAG_EVERY_MS = 10_000;
const BACKOFF = { minMs: 50, maxMs: 5_000 };

/** How long a loop may be silent beside its own pause, with a Redis that answers nothing at all. */
const MAX_SILENCE_MS = 60_000;

/** A state that was not used for this long is folded again when it is needed. */
const MAX_IDLE_MS = 60_000;
const DROP_IDLE_EVERY_MS = 10_000;
/** A garbage collection is run when so much memory was dropped at once. */
const COLLECTED_BYTES = 16 * 2 ** 20;
/** Of the heap: the rest is for what is being folded, and for the states of other calls. */
const MEMORY_SHARE_OF_A_CALL = 0.4;

/** What the parts of the service share. */
interface Shared extends ServiceParts {
  readonly config: Config;
  readonly space: KeySpace;
  readonly redis: Redis;
  readonly health: Health;
  readonly metrics: Metrics;
  readonly observer: SessionReport;
  /** The partitions that can't be worked with. */
  readonly partitions: ReturnType<typeof watchPartitions>;
}

/** Starts the service. The ops server answers from the beginning; resolves as soon as Redis can be used. */
export async function startSession(
  config: Config,
  { lifecycle, logger }: ServiceParts,
): Promise<{ readonly health_port: number }> {
  const health = new Health(lifecycle);
  const metrics = new Metrics('session');
  const space = keySpaceOf(config);
  const url = withRedisCa(config.REDIS_URL, config.REDIS_CA_FILE);
  const name = `session:${config.INSTANCE}`;
  const redis = connectRedis(lifecycle, { url, name, logger });
  const blocking = connectRedis(lifecycle, { url, name: `${name}-reads`, logger, blockMs: config.BLOCK_MS });
  const partitions = watchPartitions(logger);
  const observer = new SessionReport(logger, metrics);
  const shared: Shared = { config, lifecycle, logger, space, redis, health, metrics, observer, partitions };

  health.readinessCheck('redis', answersPing(redis));
  health.readinessCheck('partitions', partitions.check);
  const health_port = await startOps({ lifecycle, health, metrics, config });
  // Each failed attempt to connect ends the wait of the client; this one lasts until Redis can be used, or the stop.
  await untilRedisUsable(redis, lifecycle.signal);
  const lag = new LagReport(shared);
  runLoop({
    name: 'lag report',
    lifecycle,
    everyMs: LAG_EVERY_MS,
    task: () => lag.report(),
    onError: (error) => lag.onError(error),
  });
  watchReplicas(new ReplicaWatch({ ...shared, feed: 'activity', consumer: config.INSTANCE }), shared);
  startSweeping(shared);
  startFolding(shared, blocking);
  return { health_port };
}

function startSweeping({ config, lifecycle, space, redis, health, observer, partitions }: Shared): void {
  const everyMs = config.SWEEP_EVERY_MS;
  const heartbeat = health.heartbeat('sweep', { maxSilenceMs: MAX_SILENCE_MS + everyMs });
  const sweep = new Sweep({
    lostAfterMs: config.LOST_AFTER_MS,
    quietAfterMs: quietAfterMs(config),
    // An end is accepted beyond any limit, and while Redis is full: the call is then persisted, and its memory freed.
    appender: createAppender(redis, space, { ...NO_LIMITS, runsWithoutMemory: true }),
    liveCalls: new LiveCalls(redis, space, config.CHECKPOINT_EVERY_MS),
    serverTimeMs: () => serverTimeMs(redis),
    partitions: allPartitions(space),
    now: monotonicMs,
    broken: partitions.broken,
    keysOf: (partition) => partitionKeys(space, partition),
    onCallFailed: ({ call }, error) => observer.onNotEnded(call, error),
  });
  runLoop({
    name: 'sweep',
    lifecycle,
    everyMs,
    task: async () => {
      heartbeat.beat();
      observer.onSwept(await sweep.run());
    },
    onError: (error) => observer.onSweepFailed(error),
  });
}

function startFolding(shared: Shared, blocking: Redis): void {
  const { config, lifecycle, space, redis, health, observer, partitions } = shared;
  const { BLOCK_MS: blockMs, CLAIM_IDLE_MS: claimIdleMs } = config;
  const cache = openCache(shared);
  const fold = new ActivityFold({
    readPages: createPageReader(redis, space),
    cache,
    save: createSessionSaver(redis, space, config.CHECKPOINT_EVERY_MS),
    publish: (change) => publishChange(redis, space, change),
    observer,
    maxCallMemoryBytes: getHeapStatistics().heap_size_limit * MEMORY_SHARE_OF_A_CALL,
  });
  const heartbeat = health.heartbeat('consumer', { maxSilenceMs: MAX_SILENCE_MS + blockMs });
  const consumer = startFeedConsumer({
    space,
    feed: 'activity',
    consumer: config.INSTANCE,
    partitions: allPartitions(space),
    count: config.READ_COUNT,
    blockMs,
    claimIdleMs,
    reclaimEveryMs: claimIdleMs,
    broken: partitions.broken,
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

function openCache({ config, lifecycle, redis, metrics, observer }: Shared): StateCache {
  const cache = new StateCache({
    maxCalls: config.CACHE_MAX_CALLS,
    maxMemoryBytes: config.CACHE_MAX_MEGABYTES * 2 ** 20,
    maxIdleMs: MAX_IDLE_MS,
    now: monotonicMs,
  });
  // A Redis that lost its last writes numbers other events with their seqs. Such a loss always ends the connection.
  redis.on('close', () => cache.clear());
  metrics.gauges({ session_cached_calls: ['Calls whose state is cached', () => cache.size.calls] });
  runLoop({
    name: 'idle states',
    lifecycle,
    everyMs: DROP_IDLE_EVERY_MS,
    task: () => {
      if (cache.dropIdle() >= COLLECTED_BYTES) collectGarbage();
      return Promise.resolve();
    },
    onError: (error) => observer.onSweepFailed(error),
  });
  return cache;
}
