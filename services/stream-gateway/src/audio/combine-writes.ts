import { type Redis } from 'ioredis';

/** How long what is written waits for more. */
const COMBINE_MS = 10;

/**
 * Returns a function to be called before each write to this Redis: what is written within some milliseconds then leaves
 * in one system call, where each batch of audio would take one of its own, which is most of what audio costs.
 */
export function combineWrites(redis: Redis): () => void {
  let isCorked = false;
  return () => {
    if (isCorked || redis.status !== 'ready') return;
    isCorked = true;
    // After a reconnect the client has another stream; the one that was corked is the one to uncork.
    const { stream } = redis;
    stream.cork();
    setTimeout(() => {
      isCorked = false;
      stream.uncork();
    }, COMBINE_MS);
  };
}
