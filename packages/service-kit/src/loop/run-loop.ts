import { type Lifecycle } from '../lifecycle/lifecycle.ts';
import { type Backoff, backoffDelayMs } from '../retry/backoff.ts';
import { sleep } from '../retry/sleep.ts';

/** What a loop runs, and when. */
export interface LoopOptions {
  /** Names the stop step of the loop. */
  readonly name: string;
  readonly lifecycle: Pick<Lifecycle, 'onStop'>;
  /** From the end of one run to the start of the next. */
  readonly everyMs: number;
  /** May resolve to another pause than `everyMs`; `Infinity` ends the loop. */
  readonly task: () => Promise<void> | Promise<number>;
  /** Called for each failed run, with the number of failures in a row. The next run follows in any case. */
  readonly onError: (error: unknown, failures: number) => void;
  /** Called when a run succeeds after one that failed. */
  readonly onRecovered?: () => void;
  /** The pauses after failed runs; `everyMs` by default. */
  readonly retry?: Backoff;
  /** The pause before the first run; none by default. */
  readonly firstAfterMs?: number;
  /** Receives a function that ends the present pause. If a run is in progress, another one follows it. */
  readonly wake?: (runNow: () => void) => void;
  /** Ends the loop before its stop step. */
  readonly signal?: AbortSignal;
  /** The deadline of the stop step. */
  readonly stopTimeoutMs?: number;
}

/** Runs a task again and again, one run at a time, until the service stops. The stop step waits for the run in progress. */
export function runLoop(options: LoopOptions): void {
  const { name, lifecycle, signal, stopTimeoutMs: timeoutMs } = options;
  const stopping = new AbortController();
  const ended = repeat(options, signal ? AbortSignal.any([stopping.signal, signal]) : stopping.signal);
  const stop = (): Promise<void> => {
    stopping.abort();
    return ended;
  };
  lifecycle.onStop(name, stop, timeoutMs === undefined ? {} : { timeoutMs });
}

async function repeat(options: LoopOptions, end: AbortSignal): Promise<void> {
  const { task, everyMs, onError, onRecovered, retry, firstAfterMs = 0, wake } = options;
  let woken = new AbortController();
  let failures = 0;
  wake?.(() => woken.abort());

  const run = async (): Promise<number> => {
    try {
      const pauseMs = (await task()) ?? everyMs;
      if (failures > 0) onRecovered?.();
      failures = 0;
      return pauseMs;
    } catch (error) {
      failures += 1;
      onError(error, failures);
      return retry === undefined ? everyMs : backoffDelayMs(failures - 1, retry);
    }
  };

  let pauseMs = firstAfterMs;
  while (pauseMs < Infinity) {
    if (pauseMs > 0) await sleep(pauseMs, AbortSignal.any([woken.signal, end]));
    if (end.aborted) return;
    woken = new AbortController();
    pauseMs = await run();
  }
}
