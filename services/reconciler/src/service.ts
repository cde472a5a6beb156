import { createAppender, NO_LIMITS } from '@turnlog/call-log';
import { createCarrierStore, type CarrierStore } from '@turnlog/call-store';
import { ExotelApi } from '@turnlog/exotel';
import { connectRedis } from '@turnlog/redis-kit';
import {
  answersPing,
  Health,
  keySpaceOf,
  Metrics,
  runLoop,
  startOps,
  untilRedisUsable,
  withDatabaseCa,
  withRedisCa,
  type Lifecycle,
  type Logger,
  type ServiceParts,
} from '@turnlog/service-kit';
import { type Redis } from 'ioredis';
import { CallCheck } from './carrier/check-call.ts';
import { Enrolment } from './carrier/enrolment.ts';
import { findPlacement } from './carrier/find-placement.ts';
import { type AnswerLog } from './carrier/record-answer.ts';
import { RequestBudget } from './carrier/request-budget.ts';
import { workOff, type WorkOffOptions } from './carrier/work-off.ts';
import { type Config } from './config.ts';
import { ReconcilerReport } from './report.ts';

/** Calls of one replica that are checked at once; the account's budget allows little more. */
const AT_ONCE = 4;
const BURST = 10;
const RETRY = { minMs: 250, maxMs: 10_000 };
/** The longest round without a fault: a wait for the budget, a timeout of the carrier, retries of Redis and Postgres. */
const GRACE_MS = 45_000;

/** What the loops share. */
interface Shared {
  readonly config: Config;
  readonly lifecycle: Lifecycle;
  readonly health: Health;
  readonly report: ReconcilerReport;
  readonly store: CarrierStore;
  readonly api: ExotelApi;
  readonly budget: RequestBudget;
  readonly log: AnswerLog;
}

/**
 * Starts asking the carrier about calls. It starts also while Redis, Postgres or the carrier are unavailable; without
 * credentials it does nothing, and logs that.
 */
export async function startReconciler(
  config: Config,
  { lifecycle, logger }: ServiceParts,
): Promise<{ readonly health_port: number }> {
  const health = new Health(lifecycle);
  const metrics = new Metrics('reconciler');
  const health_port = await startOps({ lifecycle, health, metrics, config });
  const api = openAccount(config);
  if (api === undefined) {
    logger.info(
      { event: 'reconciler_disabled' },
      'the reconciler is off: EXOTEL_ACCOUNT_SID, EXOTEL_API_KEY and EXOTEL_API_TOKEN are not set',
    );
    return { health_port };
  }
  const report = new ReconcilerReport(logger, metrics);
  const { store, redis } = connect(config, lifecycle, logger);
  health.readinessCheck('redis', answersPing(redis));
  metrics.gauges({
    reconciler_due_calls: ['Calls with an overdue check', () => store.countDueCalls(config.TENANT)],
  });
  refuseCluster(redis, lifecycle, logger);
  const budget = openBudget(config, store, { report, signal: lifecycle.signal });
  // A correction is accepted beyond any limit on a call's events.
  const appender = createAppender(redis, keySpaceOf(config), NO_LIMITS);
  const log = { appender, currency: config.CARRIER_CURRENCY };
  const shared = { config, lifecycle, health, report, store, api, budget, log };
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

function connect(config: Config, lifecycle: Lifecycle, logger: Logger) {
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
  return { store, redis };
}

function openBudget(
  { EXOTEL_ACCOUNT_SID: account = '', EXOTEL_REQUESTS_PER_MINUTE: perMinute }: Config,
  store: CarrierStore,
  { report, signal }: { readonly report: ReconcilerReport; readonly signal: AbortSignal },
): RequestBudget {
  const limit = { perMinute, burst: Math.min(BURST, perMinute) };
  return new RequestBudget({
    store,
    account,
    limit,
    signal,
    onFailure: (failure) => report.onApiFailure(failure),
  });
}

/** Ends the service as a failure once Redis answers that it is part of a Redis Cluster. */
function refuseCluster(redis: Redis, lifecycle: Lifecycle, logger: Logger): void {
  untilRedisUsable(redis, lifecycle.signal).catch((err: unknown) => {
    if (lifecycle.isStopping) return;
    logger.fatal({ event: 'redis_unusable', err }, 'this Redis cannot be used');
    lifecycle.onStop('redis that can not be used', () => Promise.reject(toError(err)));
    lifecycle.beginStop('redis_unusable');
  });
}

function toError(thrown: unknown): Error {
  return thrown instanceof Error ? thrown : new Error(String(thrown));
}

function startCheckingCalls(shared: Shared): void {
  const { config, store, report } = shared;
  const { TENANT: tenant, CHECK_AFTER_MS: firstMs, RECHECK_AFTER_MS: secondMs } = config;
  const check = new CallCheck({ ...shared, times: { firstMs, secondMs } });
  const enrolment = new Enrolment({
    enrol: (maxAgeMs) => store.enrolCalls(tenant, { maxAgeMs, firstCheckMs: firstMs }),
    lookbackMs: config.LOOKBACK_MS,
    everyMs: config.RECONCILE_EVERY_MS,
  });
  startLoop(shared, 'calls', {
    claim: async () => {
      await enrolment.run();
      return store.claimDueCalls(tenant, { limit: AT_ONCE, leaseMs: leaseMs(config) });
    },
    work: async (due) => report.onChecked(due.call, await check.run(due)),
  });
}

function startFindingPlacements(shared: Shared): void {
  const { config, store, report } = shared;
  const { TENANT: tenant } = config;
  startLoop(shared, 'placements', {
    claim: () => store.claimPlacements(tenant, { limit: 1, leaseMs: leaseMs(config) }),
    work: async (due) => report.onPlacement(due.reference, await findPlacement({ ...shared, tenant }, due)),
  });
}

function startLoop<T>(
  { config, lifecycle, health, report }: Shared,
  name: string,
  steps: Pick<WorkOffOptions<T>, 'claim' | 'work'>,
): void {
  const everyMs = config.RECONCILE_EVERY_MS;
  const heartbeat = health.heartbeat(name, { maxSilenceMs: leaseMs(config) + everyMs });
  runLoop({
    name,
    lifecycle,
    everyMs,
    task: async () => {
      const hasWorked = await workOff({ ...steps, onError: (error) => report.onError(error) });
      heartbeat.beat();
      return hasWorked ? 0 : everyMs;
    },
    onError: (error, failures) => {
      heartbeat.beat();
      report.onError(error, failures);
    },
    retry: RETRY,
    signal: lifecycle.signal,
    stopTimeoutMs: leaseMs(config),
  });
}

/** Longer than a round, so that work in progress is not claimed again. */
function leaseMs({ EXOTEL_TIMEOUT_MS }: Config): number {
  return EXOTEL_TIMEOUT_MS + GRACE_MS;
}
