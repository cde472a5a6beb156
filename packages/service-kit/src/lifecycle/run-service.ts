import { type Clock } from '../clock.ts';
import { type Logger } from '../log/logger.ts';
import { deferred } from '../deferred.ts';
import { createLifecycle, type Lifecycle } from './lifecycle.ts';
import { listenToProcess, type ProcessHost } from './process-events.ts';
import { withDeadline } from './with-deadline.ts';

export interface RunServiceOptions {
  /** Which service, for its log: `persister`. */
  name: string;
  logger: Logger;
  /**
   * Starts the parts in order and registers the undoing of each with `lifecycle.onStop`. A signal during the start
   * aborts `lifecycle.signal` and undoes what is registered; the start is not waited for.
   */
  start: (lifecycle: Lifecycle) => Promise<void>;
  /** Deadline of a stop step that names none; 10 s by default. */
  stepTimeoutMs?: number;
  /** `process` by default. */
  host?: ProcessHost;
  clock?: Clock;
}

const FLUSH_TIMEOUT_MS = 1000;

/**
 * Runs a service from start to exit. SIGTERM or SIGINT stops it gracefully: exit 0, or 1 where a step failed. A second
 * signal, half a second or more after the first, exits 1 at once. A failed start undoes what it began and exits 1. An
 * exception or rejection that nobody handled is logged as fatal and exits 1 without the steps: after it, the state of
 * the process is unknown. Resolves with the exit code where `host.exit` returns.
 */
export async function runService(options: RunServiceOptions): Promise<number> {
  const { name, logger, start, stepTimeoutMs, host = process, clock } = options;
  const lifecycle = createLifecycle({ logger, ...(stepTimeoutMs !== undefined && { stepTimeoutMs }) });
  const forcedExit = deferred<number>();

  const stopListening = listenToProcess(
    host,
    {
      onStopSignal: (signal) => lifecycle.beginStop(signal),
      onForceSignal: (signal) => {
        logger.fatal({ event: 'service_killed', signal }, 'second signal received; exiting now');
        forcedExit.resolve(1);
      },
      onCrash: (kind, err) => {
        logger.fatal({ event: 'service_crashed', err, kind }, 'unexpected error; exiting now');
        forcedExit.resolve(1);
      },
    },
    clock,
  );
  const code = await Promise.race([runUntilStopped({ name, logger, start, lifecycle }), forcedExit.promise]);
  await flush(logger);
  stopListening();
  host.exit(code);
  return code;
}

interface Run extends Pick<RunServiceOptions, 'name' | 'logger' | 'start'> {
  lifecycle: Lifecycle;
}

/** Resolves with the exit code of an orderly end. Never rejects. */
async function runUntilStopped({ name, logger, start, lifecycle }: Run): Promise<number> {
  const failures: string[] = [];
  const onStarted = (): void => {
    if (!lifecycle.isStopping) logger.info({ event: 'service_started' }, `${name} started`);
  };
  const onStartFailed = (err: unknown): void => {
    if (lifecycle.isStopping) {
      logger.info({ event: 'service_start_interrupted', err }, 'start interrupted');
      return;
    }
    failures.push('start');
    logger.fatal({ event: 'service_start_failed', err }, `${name} could not start`);
    lifecycle.beginStop('start failed');
  };
  Promise.resolve(lifecycle).then(start).then(onStarted, onStartFailed);
  const { reason, failedSteps } = await lifecycle.untilStopped;
  logger.info({ event: 'service_stopped', reason, failed_steps: failedSteps }, `${name} stopped`);
  failures.push(...failedSteps);
  return failures.length > 0 ? 1 : 0;
}

async function flush(logger: Logger): Promise<void> {
  await withDeadline(new Promise<void>((resolve) => logger.flush(() => resolve())), FLUSH_TIMEOUT_MS);
}
