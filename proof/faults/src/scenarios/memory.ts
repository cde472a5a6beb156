import { type Redis } from 'ioredis';

/** The allocated memory of Redis, in bytes. */
export async function usedMemory(redis: Redis): Promise<number> {
  return Number(/^used_memory:(\d+)/m.exec(await redis.info('memory'))?.[1]);
}

/** Its limit, 0 if it has none. */
export async function maxMemory(redis: Redis): Promise<number> {
  return Number(/^maxmemory:(\d+)/m.exec(await redis.info('memory'))?.[1]);
}
