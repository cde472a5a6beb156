import { type Backoff, backoffDelayMs } from './backoff.ts';
import { sleep } from './sleep.ts';

/** Between attempts to reach a server. */
const CONNECT_BACKOFF: Backoff = { minMs: 50, maxMs: 1_000 };

interface RetryOptions {
  /** Ends the retries; the promise then rejects with the signal's reason. */
  readonly signal: AbortSignal;
  readonly backoff?: Backoff;
  /** An error for which this is false is thrown at once. Everything is retried by default. */
  readonly isRetryable?: (error: unknown) => boolean;
}

/** Runs `operation` until it succeeds. Rejects only when the signal aborts or an error is not retryable. */
export async function retryForever<T>(operation: () => Promise<T>, options: RetryOptions): Promise<T> {
  const { signal, backoff = CONNECT_BACKOFF, isRetryable = () => true } = options;
  for (let attempt = 0; ; attempt += 1) {
    signal.throwIfAborted();
    try {
      return await operation();
    } catch (error) {
      if (!isRetryable(error)) throw error;
      await sleep(backoffDelayMs(attempt, backoff), signal);
    }
  }
}
