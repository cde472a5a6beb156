import { afterAll, afterEach, beforeAll, expect, test } from '@jest/globals';
import { createCommandClient, untilReady } from '@turnlog/redis-kit';
import { createCallStore, migrate, type CallStore } from '@turnlog/call-store';
import { createLogger, Lifecycle } from '@turnlog/service-kit';
import { addTenant, createTenantCopy, revokeTenant } from '@turnlog/tenants';
import {
  startPostgresForTest,
  startRedisForTest,
  testKeyPrefix,
  waitUntil,
  type PrivateServer,
} from '@turnlog/test-kit';
import { type Redis } from 'ioredis';
import { mirrorTenants } from './tenant-mirror.ts';

const prefix = testKeyPrefix();
let servers: { readonly redis: PrivateServer; readonly postgres: PrivateServer };
let redis: Redis;
let store: CallStore;
let lifecycle: Lifecycle | undefined;
let logLines: string[] = [];

beforeAll(async () => {
  const [redisServer, postgres] = await Promise.all([startRedisForTest(), startPostgresForTest()]);
  servers = { redis: redisServer, postgres };
  await migrate({ databaseUrl: postgres.url });
  store = createCallStore({ databaseUrl: postgres.url, maxConnections: 2 });
  redis = createCommandClient({ url: redisServer.url, name: 'test', onError: () => undefined });
  await untilReady(redis);
});

afterEach(async () => {
  await lifecycle?.stop('the test is over');
  logLines = [];
});

afterAll(async () => {
  redis.disconnect();
  await store.close();
  await Promise.all([servers.redis.close(), servers.postgres.close()]);
});

/** Starts copying; returns how to copy at once. */
function start(everyMs: number): () => void {
  const destination = { write: (line: string) => void logLines.push(line) };
  const logger = createLogger({ service: 'persister', destination });
  lifecycle = new Lifecycle({ logger });
  let copyNow = (): void => undefined;
  mirrorTenants({
    store: store.tenants,
    copy: createTenantCopy(redis, { prefix }),
    everyMs,
    logger,
    lifecycle,
    wake: (wakeUp) => (copyNow = wakeUp),
  });
  return () => copyNow();
}

const copyOf = async (name: string): Promise<string | undefined> =>
  (await createTenantCopy(redis, { prefix }).readAll())[name];

const add = (name: string) => store.tenants.change(name, (current) => addTenant(name, current, 0));

test('what is in Postgres is copied at the start, and again and again', async () => {
  await add('first');
  start(50);
  await waitUntil(() => copyOf('first'), { what: 'the first tenant is copied' });
  await store.tenants.change('first', (current) => revokeTenant('first', current, 0));
  await waitUntil(async () => (await copyOf('first'))?.includes('"revokedAt":"1970'), {
    what: 'it is copied as revoked',
  });
});

test('a Redis that came back empty has them again at once', async () => {
  await add('emptied');
  const copyNow = start(3_600_000);
  await waitUntil(() => copyOf('emptied'), { what: 'the tenant is copied' });
  await redis.flushall();
  copyNow();
  await waitUntil(() => copyOf('emptied'), { what: 'the tenant is copied again' });
});

test.each(['redis', 'postgres'] as const)(
  'it outlives a %s that is away, and says so once',
  async (which) => {
    const name = `despite-${which}`;
    await add(name);
    await servers[which].crash();
    start(50);
    const told = (text: string) => logLines.filter((line) => line.includes(text));
    await waitUntil(() => told('tenants could not be copied to Redis').length > 0, { what: 'it says so' });
    await servers[which].start();
    await waitUntil(() => copyOf(name), { what: 'the tenant is copied' });
    await waitUntil(() => told('tenants are copied to Redis again').length === 1, { what: 'it says so' });
    expect(told('tenants could not be copied to Redis')).toHaveLength(1);
  },
);
