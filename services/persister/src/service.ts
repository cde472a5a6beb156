import { createCallReleaser, createPersistedCalls, watchPartitions } from '@turnlog/call-log';
import { createCallStore } from '@turnlog/call-store';
import { connectRedis } from '@turnlog/redis-kit';
import {
  answersPing,
  createHealth,
  createMetrics,
  keySpaceOf,
  monotonicClock,
  startOps,
  untilRedisUsable,
  withDatabaseCa,
  withRedisCa,
  type ServiceParts,
} from '@turnlog/service-kit';
import { createTenantCopy } from '@turnlog/tenants';
import { type Config } from './config.ts';
import { BLOCK_MS, persistFeed } from './persist/persist-feed.ts';
import { relieveMemory } from './persist/relieve-memory.ts';
import { registerLagGauges, reportLag } from './report/lag-report.ts';
import { PersistReport } from './report/persist-report.ts';
import { reportStuckCalls } from './report/stuck-calls.ts';
import { Doubt, keepComparing } from './store/comparison.ts';
import { DatabaseWatch, watchSchema } from './store/database-watch.ts';
import { mirrorTenants } from './store/tenant-mirror.ts';

/** Longer than the slowest honest turn of the loop: a write that times out, and the longest pause after it. */
const MAX_SILENCE_MS = 120_000;
/** The stop finishes writes in progress, which take as long as the timeout of Postgres allows. */
const STOP_TIMEOUT_MS = 25_000;
const MIRROR_TENANTS_EVERY_MS = 30_000;
const CONNECT_BACKOFF = { minMs: 50, maxMs: 1_000 };

const now = () => monotonicClock.now();

/** Starts the service. The ops server answers from the beginning; resolves as soon as Redis can be used. */
export async function startPersister(
  config: Config,
  { lifecycle, logger }: ServiceParts,
): Promise<{ readonly health_port: number; readonly partitions: number }> {
  const space = keySpaceOf(config);
  const metrics = createMetrics('persister');
  const health = createHealth({ isStopping: () => lifecycle.isStopping });
  const watch = new DatabaseWatch(logger, now);
  const report = new PersistReport(logger, metrics);
  const doubt = new Doubt();
  const store = createCallStore({
    databaseUrl: withDatabaseCa(config.DATABASE_URL, config.DATABASE_CA_FILE),
    maxConnections: config.DATABASE_CONNECTIONS,
    applicationName: 'turnlog-persister',
    lockTimeoutMs: config.LOCK_TIMEOUT_MS,
    logger,
    onConnectionLost: () => doubt.raise(),
  });
  lifecycle.onStop('database', () => store.close());
  const url = withRedisCa(config.REDIS_URL, config.REDIS_CA_FILE);
  const name = `turnlog-persister-${config.INSTANCE}`;
  const redis = connectRedis(lifecycle, { url, name, logger });
  const blocking = connectRedis(lifecycle, { url, name: `${name}-reads`, logger, blockMs: BLOCK_MS });
  mirrorTenants({
    store: store.tenants,
    copy: createTenantCopy(redis, space),
    everyMs: MIRROR_TENANTS_EVERY_MS,
    logger,
    lifecycle,
    wake: (copyNow) => redis.on('ready', copyNow),
  });

  const partitions = watchPartitions(logger);
  health.readinessCheck('partitions', partitions.check);
  health.readinessCheck('redis', answersPing(redis));
  registerLagGauges(metrics, { redis, space });
  const health_port = await startOps({ lifecycle, health, metrics, port: config.HEALTH_PORT });
  watchSchema(store, watch, lifecycle);
  const persistedCalls = () => report.persistedCalls();
  reportLag({ lifecycle, redis, space, watch, logger, persistedCalls, now });

  // Each failed attempt to connect ends the wait of the client; this one lasts until Redis can be used, or the stop.
  await untilRedisUsable(redis, { backoff: CONNECT_BACKOFF, signal: lifecycle.signal });
  const calls = createPersistedCalls(redis, space);
  const everyMs = config.COMPARE_EVERY_MS;
  keepComparing({ calls, store, logger, metrics, lifecycle, doubt, now, everyMs });
  const releaser = createCallReleaser({ redis, space, maxShare: config.RELEASE_MEMORY_SHARE });
  relieveMemory({ releaser, logger, metrics, lifecycle });
  const heartbeat = health.heartbeat('persist loop', { maxSilenceMs: MAX_SILENCE_MS });
  const persister = persistFeed({
    commands: redis,
    blocking,
    space,
    store,
    consumer: config.INSTANCE,
    batchCalls: config.BATCH_CALLS,
    maxWrites: config.DATABASE_CONNECTIONS,
    keepKeysMs: config.KEEP_KEYS_MS,
    claimIdleMs: config.CLAIM_IDLE_MS,
    isMemoryShort: () => releaser.isMemoryShort(),
    broken: partitions.broken,
    gatherLateMs: config.GATHER_LATE_MS,
    maxRowBytes: config.MAX_ROW_BYTES,
    logger,
    report,
    watch,
    onBeat: () => heartbeat.beat(),
  });
  reportStuckCalls(persister, { health, metrics });
  lifecycle.onStop('persister', () => persister.stop(), { timeoutMs: STOP_TIMEOUT_MS });
  return { health_port, partitions: space.partitions };
}
