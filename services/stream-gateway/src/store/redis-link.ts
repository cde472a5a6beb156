import { createCommandClient } from '@turnlog/redis-kit';
import { type Logger } from '@turnlog/service-kit';
import { type Redis } from 'ioredis';

/** A gateway goes on taking calls through a Redis that is away for a moment: events wait in memory meanwhile. */
const GRACE_MS = 2_000;

/** A Redis client, and since when it has been away. */
export interface RedisLink {
  readonly redis: Redis;
  /** False once Redis has been away for longer than a moment. */
  isUsable(): boolean;
  close(): void;
}

/** Connects; the client goes on connecting by itself for as long as it takes. */
export function connectRedis(options: {
  readonly url: string;
  readonly name: string;
  readonly logger: Logger;
  readonly monotonic: () => number;
}): RedisLink {
  const { url, name, logger, monotonic } = options;
  // Away for ever until it was there once.
  let awaySinceMs = Number.NEGATIVE_INFINITY;
  let isAway = true;
  let isLogged = false;
  const onError = (err: Error): void => {
    if (!isLogged) logger.warn({ err, client: name }, 'redis is away');
    isLogged = true;
  };
  const redis = createCommandClient({ url, name, onError });
  redis.on('ready', () => {
    isAway = false;
    isLogged = false;
    logger.info({ client: name }, 'redis is there');
  });
  redis.on('close', () => {
    if (isAway) return;
    isAway = true;
    awaySinceMs = monotonic();
  });
  return {
    redis,
    isUsable: () => !isAway || monotonic() - awaySinceMs < GRACE_MS,
    close: () => redis.disconnect(),
  };
}
