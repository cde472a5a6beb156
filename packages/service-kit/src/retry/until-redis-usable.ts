import { ClusterNotSupportedError, untilReady } from '@turnlog/redis-kit';
import { type Backoff } from './backoff.ts';
import { retryForever } from './retry-forever.ts';

type Redis = Parameters<typeof untilReady>[0];

/**
 * Resolves when the client can take commands, retrying for as long as it takes. Rejects on the signal, and with
 * {@link ClusterNotSupportedError}.
 */
export async function untilRedisUsable(
  redis: Redis,
  { signal, backoff }: { readonly signal: AbortSignal; readonly backoff: Backoff },
): Promise<void> {
  const isRetryable = (error: unknown): boolean => !(error instanceof ClusterNotSupportedError);
  await retryForever(() => untilReady(redis, signal), { signal, backoff, isRetryable });
}
