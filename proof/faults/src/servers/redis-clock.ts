import { allPartitions, partitionKeys, type KeySpace } from '@turnlog/call-log';
import { type Redis } from 'ioredis';
import { crc64 } from './crc64.ts';

const DELIVERED_WITHIN_MS = 600_000n;
const CRC_BYTES = 8;
const TIME_BYTES = 8;

/**
 * Changes Redis as if its clock had been set back by this time: times of live calls, due checkpoints and
 * slots of tenants, ids of feeds, delivery times of pending entries, and expiries are then all ahead. The
 * clock of the machine itself cannot be set. Resolves to the number of delivery times. `redis` must be a
 * connection of its own.
 */
export async function setRedisBack(redis: Redis, space: KeySpace, byMs: number): Promise<number> {
  const feeds = allPartitions(space).flatMap((partition) => {
    const { activity, persist } = partitionKeys(space, partition);
    return [activity, persist];
  });
  const scores = allPartitions(space).flatMap((partition) => {
    const { live, checkpoints } = partitionKeys(space, partition);
    return [live, checkpoints];
  });
  const places = await redis.keys(`${space.prefix}calls-of:*`);
  for (const key of [...scores, ...places]) await moveScores(redis, key, byMs);
  let deliveries = 0;
  for (const key of feeds) deliveries += await moveDeliveries(redis, key, byMs);
  for (const key of feeds) {
    if ((await redis.exists(key)) === 1) await redis.call('XSETID', key, `${Date.now() + byMs}-0`);
  }
  await moveExpiries(redis, space, byMs);
  return deliveries;
}

async function moveScores(redis: Redis, key: string, byMs: number): Promise<void> {
  await redis.eval(
    `for _, member in ipairs(redis.call('ZRANGE', KEYS[1], 0, -1)) do redis.call('ZINCRBY', KEYS[1], ARGV[1], member) end`,
    1,
    key,
    byMs,
  );
}

/** XCLAIM refuses a delivery time ahead of the clock: it is changed in a dump, which has it as 8 bytes. */
async function moveDeliveries(redis: Redis, key: string, byMs: number): Promise<number> {
  for (;;) {
    await redis.watch(key);
    if ((await redis.exists(key)) === 0) {
      await redis.unwatch();
      return 0;
    }
    const { changed, count } = withTimesAhead(await redis.dumpBuffer(key), byMs);
    // A service may write to it in the meantime: then it is done again.
    const done = await redis.multi().restore(key, 0, changed, 'REPLACE').exec();
    if (done !== null) return count;
  }
}

function withTimesAhead(dump: Buffer, byMs: number): { readonly changed: Buffer; readonly count: number } {
  const changed = Buffer.from(dump);
  const body = changed.subarray(0, -CRC_BYTES);
  const now = BigInt(Date.now());
  let count = 0;
  for (let at = 0; at + TIME_BYTES <= body.length; at += 1) {
    const value = body.readBigUInt64LE(at);
    if (value > now || value < now - DELIVERED_WITHIN_MS) continue;
    body.writeBigUInt64LE(value + BigInt(byMs), at);
    count += 1;
    at += TIME_BYTES - 1;
  }
  changed.writeBigUInt64LE(crc64(body), body.length);
  return { changed, count };
}

async function moveExpiries(redis: Redis, { prefix }: KeySpace, byMs: number): Promise<void> {
  await redis.eval(
    `for _, key in ipairs(redis.call('KEYS', ARGV[1])) do
       local at = redis.call('PEXPIRETIME', key)
       if at > 0 then redis.call('PEXPIREAT', key, at + ARGV[2]) end
     end`,
    0,
    `${prefix}*`,
    byMs,
  );
}
