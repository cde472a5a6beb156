export { monotonicMs, startTimer, type StartTimer, steadyClock } from './clock.ts';
export { collectGarbage } from './collect-garbage.ts';
export { deferred } from './deferred.ts';

export { booleanFlag, type EnvValue, envValue, oneOf, port, share, wholeNumber } from './config/env-value.ts';
export { caFile, withDatabaseCa, withRedisCa } from './config/ca-file.ts';
export { httpUrl, postgresUrl, redisUrl, wsUrl, wsUrlTemplate } from './config/env-url.ts';
export { commonSettings, databaseSettings, keySpaceOf } from './config/common-settings.ts';
export { described } from './config/described.ts';
export { type ConfigResult, type Environment, readConfig } from './config/read-config.ts';

export { createLogger, type CreateLoggerOptions, type Logger, type LogLevel } from './log/logger.ts';
export { type EventLog, eventLog } from './log/event-log.ts';
export { describeError } from './log/describe-error.ts';
export { stripUrlSecrets } from './log/scrub-text.ts';

export { Lifecycle } from './lifecycle/lifecycle.ts';
export { runService } from './lifecycle/run-service.ts';
export { serviceMain, type ServiceParts } from './lifecycle/service-main.ts';
export { withDeadline } from './lifecycle/with-deadline.ts';

export { runLoop } from './loop/run-loop.ts';

export { type Backoff, backoffDelayMs } from './retry/backoff.ts';
export { retryForever } from './retry/retry-forever.ts';
export { sleep } from './retry/sleep.ts';
export { untilRedisUsable } from './retry/until-redis-usable.ts';

export { Health } from './ops/health.ts';
export { type CounterRow, Metrics } from './ops/metrics.ts';
export { answersPing, startOps } from './ops/ops-server.ts';
export { type CheckOutcome } from './ops/readiness-check.ts';
export { type Counter } from 'prom-client';
