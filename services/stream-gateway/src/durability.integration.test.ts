import { afterEach, expect, test } from '@jest/globals';
import { startRedisForTest, testKeyPrefix, waitUntil } from '@turnlog/test-kit';
import { startGatewayProcess } from './testing/gateway-process.ts';
import { startTestGateway } from './testing/test-gateway.ts';

const closing: (() => Promise<unknown>)[] = [];

afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});

async function startRedis(options: Parameters<typeof startRedisForTest>[0] = {}) {
  const redis = await startRedisForTest(options);
  closing.push(() => redis.close());
  return redis;
}

const turn = (id: string) => ({ event: 'turn', id, turn: { speaker: 'user', text: 'word' } });

test('with DURABILITY=replica nothing is acknowledged until a replica has it, and then each event is there once', async () => {
  const primary = await startRedis({ extraArgs: ['--repl-diskless-sync-delay', '0'] });
  const gateway = await startTestGateway({
    REDIS_URL: primary.url,
    DURABILITY: 'replica',
    DURABILITY_TIMEOUT_MS: '200',
  });
  closing.push(() => gateway.stop());
  expect((await gateway.post('CA1', turn('t1'))).status).toBe(503);
  await startRedis({ extraArgs: ['--replicaof', '127.0.0.1', String(primary.port), '--appendonly', 'no'] });
  await waitUntil(async () => (await gateway.post('CA1', turn('t1'))).status === 202, {
    what: 'a replica has it',
    timeoutMs: 20_000,
  });
  expect(await gateway.events('CA1')).toHaveLength(1);
});

test('with DURABILITY=disk a gateway does not start on a Redis that can not promise it, and says what to do', async () => {
  const redis = await startRedis({ extraArgs: ['--appendonly', 'no'] });
  const settings = { REDIS_URL: redis.url, KEY_PREFIX: testKeyPrefix(), DURABILITY: 'disk' };
  await expect(startGatewayProcess(settings)).rejects.toThrow(/appendfsync always/);
});

test('with DURABILITY=disk a Redis that flushes before it answers takes events as ever', async () => {
  const redis = await startRedis({ appendfsync: 'always' });
  const gateway = await startTestGateway({ REDIS_URL: redis.url, DURABILITY: 'disk' });
  closing.push(() => gateway.stop());
  expect((await gateway.post('CA1', turn('t1'))).status).toBe(202);
});
