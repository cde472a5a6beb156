import { deferred } from '../deferred.ts';
import { type Logger } from '../log/logger.ts';
import { withDeadline } from './with-deadline.ts';

/** How a stop went: its reason, and the steps that failed or timed out. */
interface StopReport {
  readonly reason: string;
  readonly failedSteps: readonly string[];
}

interface StopStep {
  readonly name: string;
  readonly run: () => unknown;
  readonly timeoutMs: number;
}

/** What a service started, and how to undo it. Independent of processes and signals, which `runService` connects. */
export class Lifecycle {
  readonly #logger: Logger;
  readonly #stepTimeoutMs: number;
  readonly #steps: StopStep[] = [];
  readonly #stopping = new AbortController();
  readonly #stopped = deferred<StopReport>();
  #hasStopped = false;

  /** A step without a deadline of its own has `stepTimeoutMs`. The whole stop takes at most the sum of its steps. */
  constructor({
    logger,
    stepTimeoutMs = 10_000,
  }: {
    readonly logger: Logger;
    readonly stepTimeoutMs?: number;
  }) {
    this.#logger = logger;
    this.#stepTimeoutMs = stepTimeoutMs;
  }

  /** True from the first moment of a stop: readiness fails. */
  get isStopping(): boolean {
    return this.#stopping.signal.aborted;
  }

  /** Aborts when a stop begins, before its first step: loops end, sleeps wake. */
  get signal(): AbortSignal {
    return this.#stopping.signal;
  }

  /** Resolves when a stop is done. Never rejects. */
  get untilStopped(): Promise<StopReport> {
    return this.#stopped.promise;
  }

  /**
   * Registers the undoing of what was just started. Steps run one at a time, the last registered first; one that
   * throws or times out is logged and does not hold up the rest. One registered during a stop runs next, one
   * registered after it not at all.
   */
  onStop(name: string, run: () => unknown, { timeoutMs = this.#stepTimeoutMs } = {}): void {
    if (this.#hasStopped)
      this.#logger.warn(
        { event: 'stop_step_too_late', step: name },
        'a stop step was registered after the stop and will not run',
      );
    this.#steps.push({ name, run, timeoutMs });
  }

  /** Begins the stop, once; for signal handlers, which cannot wait. `reason` is a word: `SIGTERM`, `start_failed`. */
  beginStop(reason: string): void {
    if (this.isStopping) return;
    this.#logger.info({ event: 'service_stopping', reason }, 'stopping');
    this.#stopping.abort(new Error(`stopping: ${reason}`));
    this.#stopped.resolve(this.#runSteps().then((failedSteps) => ({ reason, failedSteps })));
  }

  /** Begins the stop and waits for its end. Every call returns the first one's report. Never rejects. */
  stop(reason: string): Promise<StopReport> {
    this.beginStop(reason);
    return this.untilStopped;
  }

  async #runSteps(): Promise<string[]> {
    const failedSteps: string[] = [];
    for (let step = this.#steps.pop(); step; step = this.#steps.pop()) {
      if (!(await runStep(step, this.#logger))) failedSteps.push(step.name);
    }
    this.#hasStopped = true;
    return failedSteps;
  }
}

/** True if the step did its work in time. */
async function runStep({ name, run, timeoutMs }: StopStep, logger: Logger): Promise<boolean> {
  try {
    const { timedOut } = await withDeadline(Promise.resolve().then(run), timeoutMs);
    const fields = { step: name, timeout_ms: timeoutMs };
    if (timedOut) logger.error({ event: 'stop_step_timed_out', ...fields }, 'stop step timed out');
    return !timedOut;
  } catch (err) {
    logger.error({ event: 'stop_step_failed', err, step: name }, 'stop step failed');
    return false;
  }
}
