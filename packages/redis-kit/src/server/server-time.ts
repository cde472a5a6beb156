import { type Redis } from 'ioredis';

/** The reply of TIME: seconds and microseconds. */
export type TimeReply = readonly (string | number)[];

/** The clock of Redis, Unix ms. Services compare times by this one clock. */
export async function serverTimeMs(redis: Redis): Promise<number> {
  return toUnixMs(await redis.time());
}

/** Unix milliseconds of a reply of TIME. */
export function toUnixMs([seconds, microseconds]: TimeReply): number {
  return Number(seconds) * 1000 + Math.floor(Number(microseconds) / 1000);
}
