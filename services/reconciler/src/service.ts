import { createAppender, NO_LIMITS, type Appender } from '@turnlog/call-log';
import { connectRedis } from '@turnlog/redis-kit';
import { createCarrierStore, type CarrierStore } from '@turnlog/call-store';
import { ExotelApi } from '@turnlog/exotel';
import {
  answersPing,
  createHealth,
  createMetrics,
  keySpaceOf,
  runLoop,
  startOps,
  untilRedisUsable,
  withDatabaseCa,
  withRedisCa,
  type Health,
  type Lifecycle,
  type Logger,
  type Metrics,
  type ServiceParts,
} from '@turnlog/service-kit';
import { type Redis } from 'ioredis';
import { createAskCarrier, type AskCarrier } from './carrier/ask-carrier.ts';
import { createCheckCall } from './carrier/check-call.ts';
import { type Config } from './config.ts';
import { createEnrolment } from './carrier/enrolment.ts';
import { createFindPlacement } from './carrier/find-placement.ts';
import { createReconcilerObserver, type ReconcilerObserver } from './report.ts';
import { createRecordAnswer } from './carrier/record-answer.ts';
import { workOff } from './carrier/work-off.ts';

/** Calls of one replica that are asked about at once; the account's budget allows little more. */
const AT_ONCE = 4;
const BURST = 10;
const CONNECT_BACKOFF = { minMs: 50, maxMs: 1_000 };
const RETRY = { minMs: 250, maxMs: 10_000 };
/** The longest honest round: a wait for the budget, an answer that times out, Redis and Postgres on their last try. */
const GRACE_MS = 45_000;

/** What the loops share. */
interface Shared {
  readonly config: Config;
  readonly lifecycle: Lifecycle;
  readonly health: Health;
  readonly observer: ReconcilerObserver;
  readonly store: CarrierStore;
  readonly appender: Appender;
  readonly api: ExotelApi;
  readonly ask: AskCarrier;
}

/**
 * Starts asking the carrier about calls. It starts also while Redis, Postgres or the carrier are unavailable; without
 * credentials it does nothing, and logs that.
 */
export async function startReconciler(
  config: Config,
  { lifecycle, logger }: ServiceParts,
): Promise<{ readonly health_port: number }> {
  const health = createHealth({ isStopping: () => lifecycle.isStopping });
  const metrics = createMetrics('reconciler');
  const health_port = await startOps({ lifecycle, health, metrics, port: config.HEALTH_PORT });
  const api = openAccount(config);
  if (api === undefined) {
    logger.info(
      { event: 'reconciler_disabled' },
      'the reconciler is off: EXOTEL_ACCOUNT_SID, EXOTEL_API_KEY and EXOTEL_API_TOKEN are not set',
    );
    return { health_port };
  }
  const observer = createReconcilerObserver(logger, metrics);
  const { store, redis, appender } = connect(config, lifecycle, logger, health);
  const ask = createAskCarrier({
    store,
    account: config.EXOTEL_ACCOUNT_SID ?? '',
    limit: {
      perMinute: config.EXOTEL_REQUESTS_PER_MINUTE,
      burst: Math.min(BURST, config.EXOTEL_REQUESTS_PER_MINUTE),
    },
    signal: lifecycle.signal,
    onFailure: observer.onApiFailure,
  });
  measureDue(metrics, store, config.TENANT);
  refuseCluster(redis, lifecycle, logger);
  const shared = { config, lifecycle, health, observer, store, appender, api, ask };
  startCheckingCalls(shared);
  startFindingPlacements(shared);
  return { health_port };
}

function openAccount(config: Config): ExotelApi | undefined {
  const { EXOTEL_ACCOUNT_SID, EXOTEL_API_KEY, EXOTEL_API_TOKEN } = config;
  if (EXOTEL_ACCOUNT_SID === undefined || EXOTEL_API_KEY === undefined || EXOTEL_API_TOKEN === undefined) {
    return undefined;
  }
  return new ExotelApi({
    apiUrl: config.EXOTEL_API_URL,
    accountSid: EXOTEL_ACCOUNT_SID,
    apiKey: EXOTEL_API_KEY,
    apiToken: EXOTEL_API_TOKEN,
    utcOffsetMinutes: config.CARRIER_UTC_OFFSET,
    timeoutMs: config.EXOTEL_TIMEOUT_MS,
  });
}

function connect(config: Config, lifecycle: Lifecycle, logger: Logger, health: Health) {
  const store = createCarrierStore({
    databaseUrl: withDatabaseCa(config.DATABASE_URL, config.DATABASE_CA_FILE),
    maxConnections: AT_ONCE,
    applicationName: 'turnlog-reconciler',
    logger,
  });
  lifecycle.onStop('database', () => store.close());
  const redis = connectRedis(lifecycle, {
    url: withRedisCa(config.REDIS_URL, config.REDIS_CA_FILE),
    name: `turnlog-reconciler-${config.INSTANCE}`,
    logger,
  });
  health.readinessCheck('redis', answersPing(redis));
  // A correction is accepted beyond any limit on a call's events.
  return { store, redis, appender: createAppender(redis, keySpaceOf(config), NO_LIMITS) };
}

/** Ends the service as a failure once Redis answers that it is part of a Redis Cluster. */
function refuseCluster(redis: Redis, lifecycle: Lifecycle, logger: Logger): void {
  untilRedisUsable(redis, { backoff: CONNECT_BACKOFF, signal: lifecycle.signal }).catch((err: unknown) => {
    if (lifecycle.isStopping) return;
    logger.fatal({ event: 'redis_unusable', err }, 'this Redis cannot be used');
    lifecycle.onStop('redis that can not be used', () => Promise.reject(toError(err)));
    lifecycle.beginStop('unusable redis');
  });
}

function toError(thrown: unknown): Error {
  return thrown instanceof Error ? thrown : new Error(String(thrown));
}

function measureDue(metrics: Metrics, store: CarrierStore, tenant: string): void {
  metrics.measuredGauge({
    name: 'reconciler_due_calls',
    help: 'Calls that the carrier should have been asked about by now',
    read: () => store.countDueCalls(tenant),
  });
}

function startCheckingCalls(shared: Shared): void {
  const { config, store, api, ask, appender, observer } = shared;
  const { TENANT: tenant, CHECK_AFTER_MS: firstMs, RECHECK_AFTER_MS: secondMs } = config;
  const record = createRecordAnswer({ appender, now: Date.now, currency: config.CARRIER_CURRENCY });
  const check = createCheckCall({ store, api, ask, record, times: { firstMs, secondMs } });
  const enrol = createEnrolment({
    enrol: (maxAgeMs) => store.enrolCalls(tenant, { maxAgeMs, firstCheckMs: firstMs }),
    lookbackMs: config.LOOKBACK_MS,
    everyMs: config.RECONCILE_EVERY_MS,
    now: () => performance.now(),
  });
  const limits = { limit: AT_ONCE, leaseMs: leaseMs(config) };
  const task = workOff({
    claim: async () => {
      await enrol();
      return store.claimDueCalls(tenant, limits);
    },
    work: async (due) => observer.onChecked(due.call, await check(due)),
    onError: observer.onError,
  });
  startLoop(shared, 'calls', task);
}

function startFindingPlacements(shared: Shared): void {
  const { config, store, api, ask, appender, observer } = shared;
  const tenant = config.TENANT;
  const record = createRecordAnswer({ appender, now: Date.now, currency: config.CARRIER_CURRENCY });
  const find = createFindPlacement({ tenant, store, api, ask, record });
  const task = workOff({
    claim: () => store.claimPlacements(tenant, { limit: 1, leaseMs: leaseMs(config) }),
    work: async (due) => observer.onPlacement(due.reference, await find(due)),
    onError: observer.onError,
  });
  startLoop(shared, 'placements', task);
}

function startLoop(shared: Shared, name: string, task: () => Promise<boolean>): void {
  const { config, lifecycle, health, observer } = shared;
  const everyMs = config.RECONCILE_EVERY_MS;
  const heartbeat = health.heartbeat(name, { maxSilenceMs: leaseMs(config) + everyMs });
  runLoop({
    name,
    lifecycle,
    everyMs,
    task: async () => {
      const hasWorked = await task();
      heartbeat.beat();
      return hasWorked ? 0 : everyMs;
    },
    onError: (error, failures) => {
      heartbeat.beat();
      observer.onError(error, failures);
    },
    retry: RETRY,
    signal: lifecycle.signal,
    stopTimeoutMs: leaseMs(config),
  });
}

/** Longer than a round, so that nobody claims what is being worked on. */
function leaseMs({ EXOTEL_TIMEOUT_MS }: Config): number {
  return EXOTEL_TIMEOUT_MS + GRACE_MS;
}
