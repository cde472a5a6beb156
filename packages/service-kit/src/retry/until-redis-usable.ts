import { ClusterNotSupportedError, untilReady } from '@turnlog/redis-kit';
import { retryForever } from './retry-forever.ts';

/**
 * Resolves when the client can take commands, retrying for as long as it takes. Rejects on the signal, and with
 * {@link ClusterNotSupportedError}.
 */
export async function untilRedisUsable(
  redis: Parameters<typeof untilReady>[0],
  signal: AbortSignal,
): Promise<void> {
  const isRetryable = (error: unknown): boolean => !(error instanceof ClusterNotSupportedError);
  await retryForever(() => untilReady(redis, signal), { signal, isRetryable });
}
