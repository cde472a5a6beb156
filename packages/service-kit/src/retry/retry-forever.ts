import { type Backoff, backoffDelayMs } from './backoff.ts';
import { sleep } from './sleep.ts';

/** What one failed attempt tells its observer. `attempt` is 0 for the first failure. */
export interface FailedAttempt {
  error: unknown;
  attempt: number;
  delayMs: number;
}

export interface RetryOptions {
  backoff: Backoff;
  /** Ends the retries; the promise then rejects with the signal's reason. */
  signal: AbortSignal;
  /** Called before each wait: log it, count it. */
  onFailure?: (failure: FailedAttempt) => void;
  /** An error for which this says false is thrown at once. Everything is retried by default. */
  isRetryable?: (error: unknown) => boolean;
}

/** Runs `operation` until it succeeds. Rejects only when the signal aborts or an error is not retryable. */
export async function retryForever<T>(operation: () => Promise<T>, options: RetryOptions): Promise<T> {
  const { backoff, signal, onFailure, isRetryable = () => true } = options;
  for (let attempt = 0; ; attempt += 1) {
    signal.throwIfAborted();
    try {
      return await operation();
    } catch (error) {
      if (!isRetryable(error)) throw error;
      const delayMs = backoffDelayMs(attempt, backoff);
      onFailure?.({ error, attempt, delayMs });
      await sleep(delayMs, signal);
    }
  }
}
