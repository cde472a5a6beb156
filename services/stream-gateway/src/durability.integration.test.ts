import { once } from 'node:events';
import { connect, createServer, type AddressInfo } from 'node:net';
import { expect, test } from '@jest/globals';
import { startRedisForTest, testKeyPrefix, waitUntil } from '@turnlog/test-kit';
import { startGatewayProcess } from './testing/gateway-process.ts';
import { turn } from './testing/messages.ts';
import { afterTest, openGateway } from './testing/open.ts';

async function startRedis(options: Parameters<typeof startRedisForTest>[0] = {}) {
  const redis = await startRedisForTest(options);
  afterTest(() => redis.close());
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
  afterTest(() => Promise.resolve(server.close()));
  return { port: (server.address() as AddressInfo).port, cuts: () => cuts };
}

test('with DURABILITY=replica an event is acknowledged when a replica has it, and each event is there once', async () => {
  const primary = await startRedis({ extraArgs: ['--repl-diskless-sync-delay', '0'] });
  const gateway = await openGateway({
    REDIS_URL: primary.url,
    DURABILITY: 'replica',
    DURABILITY_TIMEOUT_MS: '200',
  });
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
  const gateway = await openGateway({ REDIS_URL, DURABILITY: 'disk' });
  expect(relay.cuts()).toBe(1);
  expect((await gateway.post('CA1', turn('t1'))).status).toBe(202);
});

test('with DURABILITY=disk a Redis that flushes before it answers accepts events', async () => {
  const redis = await startRedis({ appendfsync: 'always' });
  const gateway = await openGateway({ REDIS_URL: redis.url, DURABILITY: 'disk' });
  expect((await gateway.post('CA1', turn('t1'))).status).toBe(202);
});
