import { createCommandClient, untilReady } from '@turnlog/redis-kit';
import { setRedisBack } from '../servers/redis-clock.ts';
import { type Context } from './scenario.ts';

const HOUR_MS = 3_600_000;

/**
 * Sets the clock of Redis back by an hour. Resolves to the number of pending entries whose delivery is ahead
 * of it since.
 */
export async function setBack({ redis, space }: Context): Promise<number> {
  const client = createCommandClient({ url: redis.url, name: 'clock', onError: () => undefined });
  await untilReady(client);
  try {
    return await setRedisBack(client, space, HOUR_MS);
  } finally {
    client.disconnect();
  }
}
