export { type Clock, monotonicClock, startTimer, type StartTimer, steadyClock } from './clock.ts';
export { collectGarbage } from './collect-garbage.ts';
export { type Deferred, deferred } from './deferred.ts';

export {
  booleanFlag,
  type EnvValue,
  envValue,
  oneOf,
  type ParsedText,
  port,
  share,
  wholeNumber,
} from './config/env-value.ts';
export { caFile, withDatabaseCa, withRedisCa } from './config/ca-file.ts';
export { httpUrl, postgresUrl, redisUrl, wsUrl, wsUrlTemplate } from './config/env-url.ts';
export { commonSettings, databaseSettings, keySpaceOf } from './config/common-settings.ts';
export { described } from './config/described.ts';
export { type ConfigHost } from './config/load-config-or-exit.ts';
export { type ConfigResult, type Environment, readConfig } from './config/read-config.ts';

export { createLogger, type CreateLoggerOptions, type Logger, type LogLevel } from './log/logger.ts';
export { describeError, type DescribedError } from './log/describe-error.ts';
export { stripUrlSecrets } from './log/scrub-text.ts';

export {
  createLifecycle,
  type CreateLifecycleOptions,
  type Lifecycle,
  type StopReport,
  type StopStepOptions,
} from './lifecycle/lifecycle.ts';
export { type ProcessHost } from './lifecycle/process-events.ts';
export { runService, type RunServiceOptions } from './lifecycle/run-service.ts';
export { serviceMain, type ServiceMainOptions, type ServiceParts } from './lifecycle/service-main.ts';
export { withDeadline } from './lifecycle/with-deadline.ts';

export { type LoopOptions, runLoop } from './loop/run-loop.ts';

export { type Backoff, backoffDelayMs } from './retry/backoff.ts';
export { type FailedAttempt, retryForever, type RetryOptions } from './retry/retry-forever.ts';
export { sleep } from './retry/sleep.ts';

export {
  createHealth,
  type CreateHealthOptions,
  type Health,
  type LivenessReport,
  type ReadinessReport,
} from './ops/health.ts';
export { type Heartbeat, type HeartbeatReport } from './ops/heartbeat.ts';
export { createMetrics, type CounterRow, type MetricOptions, type Metrics } from './ops/metrics.ts';
export { type OpsHandler } from './ops/ops-handler.ts';
export { type OpsServer, type StartOpsServerOptions } from './ops/ops-server.ts';
export { answersPing, startOps, type StartOpsOptions } from './ops/start-ops.ts';
export { type CheckOutcome, type ReadinessCheck } from './ops/readiness-check.ts';
export { type Counter, type Gauge, type Histogram } from 'prom-client';
export { untilRedisUsable } from './retry/until-redis-usable.ts';
