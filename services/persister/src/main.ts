import { connectRedis } from '@turnlog/redis-kit';
import { createCallReleaser, createPersistedCalls, watchPartitions } from '@turnlog/call-log';
import { createCallStore } from '@turnlog/call-store';
import {
  createHealth,
  createLogger,
  createMetrics,
  createOpsHandler,
  loadConfigOrExit,
  monotonicClock,
  runService,
  startOpsServer,
  withDatabaseCa,
  withRedisCa,
  type Lifecycle,
  untilRedisUsable,
} from '@turnlog/service-kit';
import { createTenantCopy } from '@turnlog/tenants';
import { configSchema } from './config.ts';
import { Doubt, keepComparing } from './store/comparison-loop.ts';
import { relieveMemory } from './persist/relieve-memory.ts';
import { BLOCK_MS, startPersister } from './service.ts';
import { registerLagGauges, reportLag } from './report/lag-report.ts';
import { createPersistMetrics } from './report/persist-metrics.ts';
import { createPersistReport } from './report/persist-report.ts';
import { reportStuckCalls } from './report/stuck-calls.ts';
import { createDatabaseWatch } from './store/database-watch.ts';
import { watchSchema } from './store/watch-schema.ts';
import { startTenantMirror } from './store/tenant-mirror.ts';

const NAME = 'persister';
/** Longer than the slowest honest turn of the loop: a write that times out, and the longest pause after it. */
const MAX_SILENCE_MS = 120_000;
/** Writes in flight are finished, and Postgres may take as long as its time-out allows. */
const STOP_TIMEOUT_MS = 25_000;
const MIRROR_TENANTS_EVERY_MS = 30_000;
const CONNECT_BACKOFF = { minMs: 50, maxMs: 1_000 };

const config = loadConfigOrExit(configSchema, NAME);
const logger = createLogger({
  service: NAME,
  level: config.LOG_LEVEL,
  instance: config.INSTANCE,
  phoneKey: config.LOG_PHONE_KEY,
});
const now = () => monotonicClock.now();
await runService({ name: NAME, logger, start });

async function start(lifecycle: Lifecycle): Promise<void> {
  const space = { prefix: config.KEY_PREFIX, partitions: config.PARTITIONS };
  const metrics = createMetrics(NAME);
  const health = createHealth({ isStopping: () => lifecycle.isStopping });
  const watch = createDatabaseWatch(logger, now);
  const report = createPersistReport(logger, createPersistMetrics(metrics), Date.now);

  const doubt = new Doubt();
  const store = createCallStore({
    databaseUrl: withDatabaseCa(config.DATABASE_URL, config.DATABASE_CA_FILE),
    maxConnections: config.DATABASE_CONNECTIONS,
    applicationName: `turnlog-${NAME}`,
    lockTimeoutMs: config.LOCK_TIMEOUT_MS,
    logger,
    onConnectionLost: () => doubt.raise(),
  });
  lifecycle.onStop('database', () => store.close());
  const url = withRedisCa(config.REDIS_URL, config.REDIS_CA_FILE);
  const name = `turnlog-${NAME}-${config.INSTANCE}`;
  const commands = connectRedis(lifecycle, { url, name, logger });
  const blocking = connectRedis(lifecycle, { url, name: `${name}-reads`, logger, blockMs: BLOCK_MS });
  const mirror = startTenantMirror({
    store: store.tenants,
    copy: createTenantCopy(commands, space),
    everyMs: MIRROR_TENANTS_EVERY_MS,
    logger,
  });
  commands.on('ready', () => mirror.now());
  lifecycle.onStop('tenant mirror', () => mirror.stop());

  const partitions = watchPartitions(logger);
  health.readinessCheck('partitions', partitions.check);
  registerLagGauges(metrics, { redis: commands, space });
  health.readinessCheck('redis', async () => ({ ok: true, detail: { reply: await commands.ping() } }));
  const ops = await startOpsServer({
    handle: createOpsHandler({ health, metrics }),
    port: config.HEALTH_PORT,
  });
  lifecycle.onStop('ops server', () => ops.close());

  const releaser = createCallReleaser({ redis: commands, space, maxShare: config.RELEASE_MEMORY_SHARE });
  const reports = Promise.all([
    watchSchema(store, watch, lifecycle.signal),
    reportLag(
      { redis: commands, space, watch, logger, persistedCalls: report.persistedCalls, now },
      lifecycle.signal,
    ),
  ]);
  lifecycle.onStop('reports', () => reports);

  // A wait ends with each failed attempt to connect; the service's ends with Redis, or when it is told to stop.
  const { signal } = lifecycle;
  await untilRedisUsable(commands, { backoff: CONNECT_BACKOFF, signal });
  const comparing = keepComparing(
    {
      calls: createPersistedCalls(commands, space),
      ...{ store, logger, metrics, doubt, now, everyMs: config.COMPARE_EVERY_MS },
    },
    signal,
  );
  lifecycle.onStop('comparisons', () => comparing);
  const relieving = relieveMemory({ releaser, logger, metrics }, signal);
  lifecycle.onStop('memory watch', () => relieving);
  const heartbeat = health.heartbeat('persist loop', { maxSilenceMs: MAX_SILENCE_MS });
  const persister = startPersister({
    commands,
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
  logger.info({ health_port: ops.port, partitions: space.partitions }, `${NAME} ready`);
}
