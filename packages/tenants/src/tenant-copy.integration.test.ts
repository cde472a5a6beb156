import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { testKeyPrefix, testRedisUrl } from '@turnlog/test-kit';
import { Redis } from 'ioredis';
import { addTenant } from './change-tenant.ts';
import { createTenantCopy, type TenantCopy } from './tenant-copy.ts';
import { decodeTenant } from './tenant.ts';

const prefix = testKeyPrefix();
let redis: Redis;
let copy: TenantCopy;

beforeAll(() => {
  redis = new Redis(testRedisUrl());
  copy = createTenantCopy(redis, { prefix });
});

afterAll(() => {
  redis.disconnect();
});

const revisionOf = async (name: string): Promise<number> =>
  decodeTenant((await copy.readAll())[name] ?? '').revision;

test('tenants are read as they were written, from the hash of the key prefix', async () => {
  const acme = addTenant('acme', undefined, 0).tenant;
  await copy.write([acme, { ...acme, name: 'other' }]);
  expect(decodeTenant((await copy.readAll())['acme'] ?? '')).toEqual(acme);
  expect((await redis.hkeys(`${prefix}tenants`)).sort()).toEqual(['acme', 'other']);
  await copy.write([]);
});

test('a tenant replaces an older copy of itself, and never a newer one', async () => {
  const { tenant } = addTenant('rotated', undefined, 0);
  await copy.write([{ ...tenant, revision: 5 }]);
  await copy.write([{ ...tenant, revision: 4 }]);
  expect(await revisionOf('rotated')).toBe(5);
  await copy.write([{ ...tenant, revision: 6 }]);
  expect(await revisionOf('rotated')).toBe(6);
});

test.each(['no JSON', '{}', '[]', '7', 'null', '{"revision":"many"}'])(
  'a copy that reads %j is replaced',
  async (text) => {
    await redis.hset(`${prefix}tenants`, 'broken', text);
    await copy.write([addTenant('broken', undefined, 0).tenant]);
    expect(await revisionOf('broken')).toBe(0);
  },
);
