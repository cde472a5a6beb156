import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { startRedisForTest, startSentinelForTest, waitUntil, type PrivateServer } from '@turnlog/test-kit';
import { type Redis } from 'ioredis';
import { createBlockingClient, createCommandClient, untilReady } from './clients.ts';

const PRIMARY = 'turnlog';
const TIMEOUT_MS = 30_000;

let primary: PrivateServer;
let replica: PrivateServer;
let sentinel: PrivateServer;
const clients: Redis[] = [];

beforeAll(async () => {
  primary = await startRedisForTest();
  replica = await startRedisForTest({ extraArgs: ['--replicaof', `127.0.0.1 ${primary.port}`] });
  sentinel = await startSentinelForTest({ primaryName: PRIMARY, primaryPort: primary.port });
  const watcher = open(sentinel.url);
  await untilReady(watcher);
  await waitUntil(
    async () => ((await watcher.call('SENTINEL', 'replicas', PRIMARY)) as unknown[]).length === 1,
    { what: 'the Sentinel knows the replica', timeoutMs: TIMEOUT_MS },
  );
});

afterAll(async () => {
  for (const client of clients) client.disconnect();
  await sentinel.close();
  await replica.close();
  await primary.close();
});

function open(url: string): Redis {
  const client = createCommandClient({ url, name: 'test', onError: () => undefined });
  clients.push(client);
  return client;
}

/** The first Sentinel that is asked is not there. */
function sentinelUrl(name = PRIMARY): string {
  return `redis+sentinel://127.0.0.1:1,127.0.0.1:${sentinel.port}/${name}`;
}

async function portOf(client: Redis): Promise<number> {
  return Number(/^tcp_port:(\d+)/m.exec(await client.info('server'))?.[1]);
}

async function untilOn(client: Redis, { port }: PrivateServer): Promise<void> {
  await waitUntil(async () => (await portOf(client)) === port, {
    what: `the client is on the server at port ${port}`,
    timeoutMs: TIMEOUT_MS,
  });
}

test('it follows the primary: when the other server is asked to take over, and when the primary is killed', async () => {
  const client = open(sentinelUrl());
  const blocking = createBlockingClient({
    url: sentinelUrl(),
    name: 'b',
    blockMs: 500,
    onError: () => undefined,
  });
  clients.push(blocking);
  await Promise.all([untilReady(client), untilReady(blocking)]);
  expect(await portOf(client)).toBe(primary.port);
  await client.set('call', 'kept');
  await client.wait(1, 5_000);

  const admin = open(sentinel.url);
  await untilReady(admin);
  await admin.call('SENTINEL', 'failover', PRIMARY);
  await untilOn(client, replica);
  await untilOn(blocking, replica);
  expect(await client.get('call')).toBe('kept');
  await waitUntil(() => client.set('call', 'newer'), { what: 'the new primary takes writes' });

  await waitUntil(async () => (await client.info('replication')).includes('state=online'), {
    what: 'the old primary is a replica',
    timeoutMs: TIMEOUT_MS,
  });
  await client.wait(1, 5_000);
  await replica.crash();
  await untilOn(client, primary);
  await untilOn(blocking, primary);
  expect(await client.get('call')).toBe('newer');
  await waitUntil(() => client.set('call', 'newest'), { what: 'the first primary takes writes again' });
}, 60_000);

test('a name that no Sentinel knows is told to whoever listens for errors', async () => {
  const errors: Error[] = [];
  const client = createCommandClient({
    url: sentinelUrl('other'),
    name: 'test',
    onError: (error) => void errors.push(error),
  });
  clients.push(client);
  await waitUntil(() => errors.length > 0, { what: 'an error is told' });
  expect(errors[0]?.message).toMatch(/sentinels are unreachable|invalid/i);
});
