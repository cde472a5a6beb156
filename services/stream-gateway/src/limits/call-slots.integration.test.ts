import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals';
import { createCommandClient, untilReady } from '@turnlog/redis-kit';
import { testKeyPrefix, testRedisUrl } from '@turnlog/test-kit';
import { type Redis } from 'ioredis';
import { gatewayKeys } from '../domain/keys.ts';
import { CallSlots } from './call-slots.ts';

const HOUR_MS = 3_600_000;

let redis: Redis;
let prefix: string;
beforeAll(async () => {
  redis = createCommandClient({ url: testRedisUrl(), name: 'test', onError: () => undefined });
  await untilReady(redis);
});
afterAll(() => redis.disconnect());
beforeEach(() => {
  prefix = testKeyPrefix();
});

const key = () => gatewayKeys(prefix).callsOf('acme');
const newSlots = () => new CallSlots(redis, gatewayKeys(prefix).callsOf);
const ageMs = async (id: string) => Date.now() - Number(await redis.zscore(key(), id));

test("a tenant's limit of concurrent calls holds over all gateways", async () => {
  const [one, other] = [newSlots(), newSlots()];
  expect([await one.take('acme', 'a', 2), await other.take('acme', 'b', 2)]).toEqual([true, true]);
  expect(await one.take('acme', 'c', 2)).toBe(false);
  await other.release('acme', 'b');
  expect(await one.take('acme', 'c', 2)).toBe(true);
});

test('the slot of a call is released when its gateway stops renewing it', async () => {
  const slots = newSlots();
  await slots.take('acme', 'dead', 1);
  await redis.zincrby(key(), -46_000, 'dead');
  expect(await slots.take('acme', 'next', 1)).toBe(true);
});

test.each(['take', 'renew'] as const)(
  'a call that a clock which was set back since has seen in an hour counts as seen now, by %s',
  async (by) => {
    const dead = newSlots();
    await dead.take('acme', 'dead', 2);
    await redis.zincrby(key(), HOUR_MS, 'dead');
    const living = newSlots();
    await living.take('acme', 'living', 3);
    if (by === 'renew') {
      await redis.zincrby(key(), HOUR_MS, 'dead');
      await living.renew();
    }
    expect(await ageMs('dead')).toBeGreaterThanOrEqual(0);
    await redis.zincrby(key(), -46_000, 'dead');
    expect(await living.take('acme', 'next', 2)).toBe(true);
  },
);
