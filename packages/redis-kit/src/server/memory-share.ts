import { type Redis } from 'ioredis';

/** The share of its `maxmemory` that Redis uses, 1 for all of it; `undefined` without a limit. */
export async function memoryShare(redis: Redis): Promise<number | undefined> {
  const info = await redis.info('memory');
  const limit = figureOf(info, 'maxmemory');
  if (limit === undefined || limit === 0) return undefined;
  // The buffers of replicas and the append-only file do not count: Redis refuses no write because of them.
  const counted = (figureOf(info, 'used_memory') ?? 0) - (figureOf(info, 'mem_not_counted_for_evict') ?? 0);
  return counted / limit;
}

function figureOf(info: string, name: string): number | undefined {
  const text = new RegExp(`^${name}:(\\d+)`, 'm').exec(info)?.[1];
  return text === undefined ? undefined : Number(text);
}
