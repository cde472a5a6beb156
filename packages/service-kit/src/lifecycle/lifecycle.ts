import { type Logger } from '../log/logger.ts';
import { deferred } from '../deferred.ts';
import { withDeadline } from './with-deadline.ts';

/** How a stop went: why it began, and the steps that failed or ran out of time. */
export interface StopReport {
  reason: string;
  failedSteps: string[];
}

export interface StopStepOptions {
  /** How long the step may take before the next one goes ahead. */
  timeoutMs?: number;
}

/** What a service started, and how to undo it. */
export interface Lifecycle {
  /** True from the first moment of a stop: readiness answers no. */
  readonly isStopping: boolean;
  /** Aborts when a stop begins, before its first step: loops end, sleeps wake. */
  readonly signal: AbortSignal;
  /** Resolves when a stop, whoever asked for it, is done. Never rejects. */
  readonly untilStopped: Promise<StopReport>;
  /**
   * Registers the undoing of what was just started. Steps run one at a time, the last registered first; one that
   * throws or is late is logged and doesn't hold up the rest. One registered during a stop runs next, one
   * registered after it not at all.
   */
  onStop(name: string, step: () => unknown, options?: StopStepOptions): void;
  /** Begins the stop, once; for signal handlers, which can't wait. */
  beginStop(reason: string): void;
  /** Begins the stop and waits for its end. Every call returns the first one's report. Never rejects. */
  stop(reason: string): Promise<StopReport>;
}

export interface CreateLifecycleOptions {
  logger: Logger;
  /** Deadline of a step that names none; 10 s by default. The whole stop takes at most the sum of its steps. */
  stepTimeoutMs?: number;
}

interface StopStep {
  name: string;
  run: () => unknown;
  timeoutMs: number;
}

/** A lifecycle that knows nothing of processes and signals; `runService` ties one to them. */
export function createLifecycle({ logger, stepTimeoutMs = 10_000 }: CreateLifecycleOptions): Lifecycle {
  const steps: StopStep[] = [];
  const stopping = new AbortController();
  let hasStopped = false;
  const stopped = deferred<StopReport>();

  async function runSteps(): Promise<string[]> {
    const failedSteps: string[] = [];
    for (let step = steps.pop(); step; step = steps.pop()) {
      if (!(await runStep(step, logger))) failedSteps.push(step.name);
    }
    hasStopped = true;
    return failedSteps;
  }

  function beginStop(reason: string): void {
    if (stopping.signal.aborted) return;
    logger.info({ event: 'service_stopping', reason }, 'stopping');
    stopping.abort(new Error(`stopping: ${reason}`));
    const report = runSteps().then((failedSteps) => ({ reason, failedSteps }));
    stopped.resolve(report);
  }

  return {
    get isStopping() {
      return stopping.signal.aborted;
    },
    signal: stopping.signal,
    untilStopped: stopped.promise,
    onStop(name, run, { timeoutMs = stepTimeoutMs } = {}) {
      if (hasStopped)
        logger.warn(
          { event: 'stop_step_too_late', step: name },
          'a stop step was registered after the stop and will not run',
        );
      steps.push({ name, run, timeoutMs });
    },
    beginStop,
    stop(reason) {
      beginStop(reason);
      return stopped.promise;
    },
  };
}

/** True if the step did its work in time. */
async function runStep(step: StopStep, logger: Logger): Promise<boolean> {
  const { name, run, timeoutMs } = step;
  try {
    const outcome = await withDeadline(Promise.resolve().then(run), timeoutMs);
    if (outcome.timedOut)
      logger.error(
        { event: 'stop_step_timed_out', step: name, timeout_ms: timeoutMs },
        'stop step timed out',
      );
    return !outcome.timedOut;
  } catch (err) {
    logger.error({ event: 'stop_step_failed', err, step: name }, 'stop step failed');
    return false;
  }
}
