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
  // The replica need not wait for others that might want the same copy.
  primary = await startRedisForTest({ extraArgs: ['--repl-diskless-sync-delay', '0'] });
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
  // A client that is still looking for its primary notices only after its next attempt.
  for (const client of clients)
    await waitUntil(() => client.status === 'end', { what: 'a client has ended' });
  await sentinel.close();
  await replica.close();
  primary.resume();
  await primary.close();
});

function open(url: string): Redis {
  const client = createCommandClient({ url, name: 'test', onError: () => undefined });
  clients.push(client);
  return client;
}

/** The first Sentinel in the list does not exist. */
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

test('clients leave a frozen primary, whose connections stay open, for the new one', async () => {
  const client = open(sentinelUrl());
  const onError = (): void => undefined;
  const blocking = createBlockingClient({ url: sentinelUrl(), name: 'blocking', blockMs: 60_000, onError });
  clients.push(blocking);
  await Promise.all([untilReady(client), untilReady(blocking)]);
  expect(await portOf(client)).toBe(primary.port);
  await client.set('call', 'kept');
  await client.wait(1, 5_000);

  primary.pause();
  await untilOn(client, replica);
  await untilOn(blocking, replica);

  // The Sentinels' own message of the switch may come only now: a client that found the new primary earlier
  // reconnects once more.
  const isKept = async () => (await client.get('call')) === 'kept';
  const isTaken = async () => {
    await client.set('call', 'newer');
    return true;
  };
  await waitUntil(isKept, { what: 'the new primary has what was written', timeoutMs: TIMEOUT_MS });
  await waitUntil(isTaken, { what: 'the new primary accepts writes', timeoutMs: TIMEOUT_MS });
});

test('a client keeps looking when another primary is announced while it looks for one', async () => {
  const client = open(sentinelUrl());
  expect(client.status).toBe('connecting');
  // What ioredis does when a Sentinel announces it.
  (client as unknown as { connector: { disconnect(): void } }).connector.disconnect();
  await waitUntil(() => client.status === 'ready', { what: 'it has found the primary' });
});

test('a name that no Sentinel knows is reported to error listeners', async () => {
  const errors: Error[] = [];
  const client = createCommandClient({
    url: sentinelUrl('other'),
    name: 'test',
    onError: (error) => void errors.push(error),
  });
  clients.push(client);
  await waitUntil(() => errors.length > 0, { what: 'an error is reported' });
  expect(errors[0]?.message).toMatch(/sentinels are unreachable|invalid/i);
});
