import { monotonicMs } from '../clock.ts';
import { type Logger } from '../log/logger.ts';
import { deferred } from '../deferred.ts';
import { Lifecycle } from './lifecycle.ts';
import { listenToProcess, type ProcessHost } from './process-events.ts';
import { withDeadline } from './with-deadline.ts';

export interface RunServiceOptions {
  /** Which service, for its log: `persister`. */
  readonly name: string;
  readonly logger: Logger;
  /**
   * Starts the parts in order and registers the undoing of each with `lifecycle.onStop`. A signal during the start
   * aborts `lifecycle.signal` and undoes what is registered, without waiting for the start.
   */
  readonly start: (lifecycle: Lifecycle) => Promise<void>;
  /** `process` by default. */
  readonly host?: ProcessHost;
  readonly now?: () => number;
}

const FLUSH_TIMEOUT_MS = 1000;

/**
 * Runs a service from start to exit. SIGTERM or SIGINT stops it gracefully: exit 0, or 1 if a step failed. A second
 * signal, half a second or more after the first, exits 1 at once. A failed start undoes what it began and exits 1. An
 * unhandled exception or rejection is logged as fatal and exits 1 without the steps, because the state of the process
 * is unknown. Resolves with the exit code if `host.exit` returns.
 */
export async function runService(options: RunServiceOptions): Promise<number> {
  const { logger, host = process, now = monotonicMs } = options;
  const lifecycle = new Lifecycle({ logger });
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
    now,
  );
  const code = await Promise.race([runUntilStopped(options, lifecycle), forcedExit.promise]);
  await flush(logger);
  stopListening();
  host.exit(code);
  return code;
}

/** Resolves with the exit code of an orderly end. Never rejects. */
async function runUntilStopped(
  { name, logger, start }: RunServiceOptions,
  lifecycle: Lifecycle,
): Promise<number> {
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
    lifecycle.beginStop('start_failed');
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
