import { once } from 'node:events';
import { connect, createServer, type AddressInfo } from 'node:net';
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

/** Hands connections on to Redis, and cuts the first that mentions a word. */
async function startRelay(redisPort: number, word: string) {
  let cuts = 0;
  const server = createServer((inbound) => {
    const outbound = connect(redisPort, '127.0.0.1');
    const end = (): void => {
      inbound.destroy();
      outbound.destroy();
    };
    for (const socket of [inbound, outbound]) socket.on('error', end).on('close', end);
    outbound.pipe(inbound);
    inbound.on('data', (data: Buffer) => {
      if (cuts === 0 && data.includes(word)) {
        cuts += 1;
        end();
      } else outbound.write(data);
    });
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  closing.push(() => Promise.resolve(server.close()));
  return { port: (server.address() as AddressInfo).port, cuts: () => cuts };
}

const turn = (id: string) => ({ event: 'turn', id, turn: { speaker: 'user', text: 'word' } });

test('with DURABILITY=replica an event is acknowledged when a replica has it, and each event is there once', async () => {
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

test('with DURABILITY=disk a gateway does not start on a Redis that can not promise it, and reports what to do', async () => {
  const redis = await startRedis({ extraArgs: ['--appendonly', 'no'] });
  const settings = { REDIS_URL: redis.url, KEY_PREFIX: testKeyPrefix(), DURABILITY: 'disk' };
  await expect(startGatewayProcess(settings)).rejects.toThrow(/appendfsync always/);
});

test('with DURABILITY=disk a gateway repeats the question if its connection breaks', async () => {
  const redis = await startRedis({ appendfsync: 'always' });
  const relay = await startRelay(redis.port, 'appendfsync');
  const REDIS_URL = `redis://127.0.0.1:${relay.port}`;
  const gateway = await startTestGateway({ REDIS_URL, DURABILITY: 'disk' });
  closing.push(() => gateway.stop());
  expect(relay.cuts()).toBe(1);
  expect((await gateway.post('CA1', turn('t1'))).status).toBe(202);
});

test('with DURABILITY=disk a Redis that flushes before it answers accepts events', async () => {
  const redis = await startRedis({ appendfsync: 'always' });
  const gateway = await startTestGateway({ REDIS_URL: redis.url, DURABILITY: 'disk' });
  closing.push(() => gateway.stop());
  expect((await gateway.post('CA1', turn('t1'))).status).toBe(202);
});
