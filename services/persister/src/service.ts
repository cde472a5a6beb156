import {
  createCallReleaser,
  createPersistedCalls,
  ReplicaWatch,
  watchPartitions,
  type CallReleaser,
  type KeySpace,
} from '@turnlog/call-log';
import { createCallStore, type CallStore } from '@turnlog/call-store';
import { connectRedis } from '@turnlog/redis-kit';
import {
  answersPing,
  Health,
  keySpaceOf,
  Metrics,
  startOps,
  untilRedisUsable,
  withDatabaseCa,
  withRedisCa,
  watchReplicas,
  type Lifecycle,
  type Logger,
  type ServiceParts,
} from '@turnlog/service-kit';
import { createTenantCopy } from '@turnlog/tenants';
import { type Redis } from 'ioredis';
import { type Config } from './config.ts';
import { BLOCK_MS, persistFeed } from './persist/persist-feed.ts';
import { relieveMemory } from './persist/relieve-memory.ts';
import { registerLagGauges, reportLag } from './report/lag-report.ts';
import { PersistReport } from './report/persist-report.ts';
import { reportStuckCalls } from './report/stuck-calls.ts';
import { Doubt, keepComparing } from './store/comparison.ts';
import { DatabaseWatch, probeDatabase } from './store/database-watch.ts';
import { mirrorTenants } from './store/tenant-mirror.ts';

/** Longer than the slowest turn of the loop: a write that times out, and the longest pause after it. */
const MAX_SILENCE_MS = 120_000;
/** The stop finishes writes in progress, which take as long as the timeout of Postgres allows. */
const STOP_TIMEOUT_MS = 25_000;
const MIRROR_TENANTS_EVERY_MS = 30_000;

/** What the parts of the persister share. */
interface Shared {
  readonly config: Config;
  readonly lifecycle: Lifecycle;
  readonly logger: Logger;
  readonly metrics: Metrics;
  readonly health: Health;
  readonly space: KeySpace;
  readonly store: CallStore;
  readonly redis: Redis;
  readonly watch: DatabaseWatch;
  readonly report: PersistReport;
  readonly partitions: ReturnType<typeof watchPartitions>;
}

/** Starts the service. The ops server answers from the beginning; resolves as soon as Redis can be used. */
export async function startPersister(
  config: Config,
  { lifecycle, logger }: ServiceParts,
): Promise<{ readonly health_port: number; readonly partitions: number }> {
  const space = keySpaceOf(config);
  const metrics = new Metrics('persister');
  const health = new Health(lifecycle);
  const watch = new DatabaseWatch(logger);
  const report = new PersistReport(logger, metrics);
  const doubt = new Doubt();
  const store = openStore(config, { lifecycle, logger }, doubt);
  const url = withRedisCa(config.REDIS_URL, config.REDIS_CA_FILE);
  const name = `turnlog-persister-${config.INSTANCE}`;
  const redis = connectRedis(lifecycle, { url, name, logger });
  const blocking = connectRedis(lifecycle, { url, name: `${name}-reads`, logger, blockMs: BLOCK_MS });
  const partitions = watchPartitions(logger);
  const shared: Shared = {
    ...{ config, lifecycle, logger, metrics, health, space },
    ...{ store, redis, watch, report, partitions },
  };
  const health_port = await startReporting(shared);
  probeDatabase(store, watch, lifecycle);

  // Each failed attempt to connect ends the wait of the client; this one lasts until Redis can be used, or the stop.
  await untilRedisUsable(redis, lifecycle.signal);
  const calls = createPersistedCalls(redis, space);
  keepComparing({ ...shared, calls, doubt, everyMs: config.COMPARE_EVERY_MS });
  const releaser = createCallReleaser({ redis, space, maxShare: config.RELEASE_MEMORY_SHARE });
  relieveMemory(releaser, shared);
  watchReplicas(new ReplicaWatch({ ...shared, feed: 'persist', consumer: config.INSTANCE }), shared);
  startPersisting(shared, blocking, releaser);
  return { health_port, partitions: space.partitions };
}

function openStore(config: Config, { lifecycle, logger }: ServiceParts, doubt: Doubt): CallStore {
  const store = createCallStore({
    databaseUrl: withDatabaseCa(config.DATABASE_URL, config.DATABASE_CA_FILE),
    maxConnections: config.DATABASE_CONNECTIONS,
    applicationName: 'turnlog-persister',
    lockTimeoutMs: config.LOCK_TIMEOUT_MS,
    logger,
    onConnectionLost: () => doubt.raise(),
  });
  lifecycle.onStop('database', () => store.close());
  return store;
}

/** The parts that work while Redis is unavailable. Resolves with the port of the ops server. */
async function startReporting(shared: Shared): Promise<number> {
  const { config, lifecycle, logger, metrics, health, space, store, redis, report, partitions } = shared;
  mirrorTenants({
    store: store.tenants,
    copy: createTenantCopy(redis, space),
    everyMs: MIRROR_TENANTS_EVERY_MS,
    logger,
    lifecycle,
    wake: (copyNow) => redis.on('ready', copyNow),
  });
  health.readinessCheck('partitions', partitions.check);
  health.readinessCheck('redis', answersPing(redis));
  registerLagGauges(metrics, redis, space);
  const port = await startOps({ lifecycle, health, metrics, config });
  reportLag({ ...shared, persistedCalls: () => report.persistedCalls() });
  return port;
}

function startPersisting(shared: Shared, blocking: Redis, releaser: CallReleaser): void {
  const { config, lifecycle, health, metrics, redis, partitions } = shared;
  const heartbeat = health.heartbeat('persist loop', { maxSilenceMs: MAX_SILENCE_MS });
  const persister = persistFeed({
    ...shared,
    commands: redis,
    blocking,
    consumer: config.INSTANCE,
    batchCalls: config.BATCH_CALLS,
    maxWrites: config.DATABASE_CONNECTIONS,
    keepKeysMs: config.KEEP_KEYS_MS,
    claimIdleMs: config.CLAIM_IDLE_MS,
    isMemoryShort: () => releaser.isMemoryShort(),
    broken: partitions.broken,
    gatherLateMs: config.GATHER_LATE_MS,
    maxRowBytes: config.MAX_ROW_BYTES,
    onBeat: () => heartbeat.beat(),
  });
  reportStuckCalls(persister, { health, metrics });
  lifecycle.onStop('persister', () => persister.stop(), { timeoutMs: STOP_TIMEOUT_MS });
}
