export { monotonicMs, startTimer, type StartTimer, steadyClock } from './clock.ts';
export { collectGarbage } from './collect-garbage.ts';
export * from './config.ts';
export * from './time.ts';

export { createLogger, type CreateLoggerOptions, type Logger } from './log/logger.ts';
export { type LogLevel } from './log/log-level.ts';
export { type EventLog, eventLog } from './log/event-log.ts';
export { describeError } from './log/describe-error.ts';

export { Lifecycle } from './lifecycle/lifecycle.ts';
export { runService } from './lifecycle/run-service.ts';
export { serviceMain, type ServiceParts } from './lifecycle/service-main.ts';

export { runLoop } from './loop/run-loop.ts';
export { watchReplicas } from './loop/watch-replicas.ts';

export { type Backoff, backoffDelayMs } from './retry/backoff.ts';
export { retryForever } from './retry/retry-forever.ts';
export { untilRedisUsable } from './retry/until-redis-usable.ts';

export { Health } from './ops/health.ts';
export { type CounterRow, Metrics } from './ops/metrics.ts';
export { answersPing, startOps } from './ops/ops-server.ts';
export { type CheckOutcome } from './ops/readiness-check.ts';
export { type Counter } from 'prom-client';
