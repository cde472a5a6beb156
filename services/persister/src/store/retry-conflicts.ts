import { classifyDatabaseError } from '@turnlog/call-store';
import { backoffDelayMs, sleep } from '@turnlog/service-kit';

const MAX_ATTEMPTS = 5;
const BACKOFF = { minMs: 5, maxMs: 200, jitter: 'full' } as const;

/** Tries again at once, a few times, while somebody else is in the way: a deadlock, a lock, a serialization failure. */
export async function retryConflicts<T>(operation: () => Promise<T>): Promise<T> {
  for (let attempt = 0; ; attempt += 1) {
    try {
      return await operation();
    } catch (error) {
      if (classifyDatabaseError(error) !== 'retry' || attempt + 1 >= MAX_ATTEMPTS) throw error;
      await sleep(backoffDelayMs(attempt, BACKOFF));
    }
  }
}
