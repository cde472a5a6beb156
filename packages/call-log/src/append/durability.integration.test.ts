import { setImmediate } from 'node:timers/promises';
import { afterEach, expect, test } from '@jest/globals';
import { startRedisForTest, waitUntil, type PrivateServer } from '@turnlog/test-kit';
import { callOf, openTestLog, ordered, turn } from '../call-log.test-support.ts';
import { type Barrier } from '@turnlog/redis-kit';
import { createAppender } from './appender.ts';
import { findBarrier, type Durability } from './durability.ts';

const closing: (() => Promise<unknown>)[] = [];

afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});

async function startRedis(...args: readonly string[]): Promise<PrivateServer> {
  const server = await startRedisForTest({ extraArgs: args });
  closing.push(() => server.close());
  return server;
}

async function openLog({ url }: PrivateServer) {
  const log = await openTestLog({ url });
  closing.push(() => {
    log.close();
    return Promise.resolve();
  });
  return log;
}

type Log = Awaited<ReturnType<typeof openLog>>;

async function appenderOf({ redis, space }: Log, durability: Durability) {
  const barrier = await findBarrier(redis, space, durability);
  return createAppender(redis, space, { maxEvents: 100, barrier: () => barrier });
}

async function withReplica() {
  const primary = await startRedis('--repl-diskless-sync-delay', '0');
  // Without an append-only file: a replica that writes its first one refuses to stop.
  const replica = await startRedis('--replicaof', '127.0.0.1', String(primary.port), '--appendonly', 'no');
  closing.push(() => {
    replica.resume();
    return Promise.resolve();
  });
  const log = await openLog(primary);
  await waitUntil(async () => (await log.redis.info('replication')).includes('state=online'), {
    what: 'the replica is connected',
    timeoutMs: 20_000,
  });
  return { replica, log };
}

const ONE_REPLICA: Durability = { level: 'replica', replicas: 1, timeoutMs: 300 };

test('an append that waits for a replica is acknowledged when the replica has it', async () => {
  const { replica, log } = await withReplica();
  const appender = await appenderOf(log, { ...ONE_REPLICA, timeoutMs: 4_000 });
  const call = callOf('replicated');
  expect(await appender.append(ordered(call, 's', 1, [turn('a')]))).toMatchObject({ outcome: 'ok' });
  const copy = await openLog(replica);
  const [head = ''] = await copy.redis.keys(`${log.space.prefix}*replicated:head`);
  expect(await copy.redis.hget(head, 'seq')).toBe('1');
});

test('without the replica an append is not acknowledged, however often and over whichever connection it is resent', async () => {
  const { replica, log } = await withReplica();
  const appender = await appenderOf(log, ONE_REPLICA);
  const call = callOf('alone');
  const send = () => appender.append(ordered(call, 's', 1, [turn('a')]));
  replica.pause();
  await expect(send()).rejects.toThrow('0 of 1 replicas');
  await expect(send()).rejects.toThrow('0 of 1 replicas');
  const isConnectedAnew = new Promise((resolve) => void log.redis.once('ready', resolve));
  log.redis.disconnect(true);
  await isConnectedAnew;
  await expect(send()).rejects.toThrow('0 of 1 replicas');
  replica.resume();
  const outcome = await waitUntil(() => send(), { what: 'the replica has it' });
  expect(outcome).toMatchObject({ outcome: 'ok', results: [{ status: 'duplicate' }] });
});

test('appends that wait for a replica together share one barrier', async () => {
  const { replica, log } = await withReplica();
  const appender = await appenderOf(log, { ...ONE_REPLICA, timeoutMs: 4_000 });
  // From now on the server knows the script.
  await appender.append(ordered(callOf('before'), 's', 1, [turn('a')]));
  await log.redis.config('RESETSTAT');
  replica.pause();
  const sent: Promise<unknown>[] = [];
  for (let number = 0; number < 20; number += 1) {
    sent.push(appender.append(ordered(callOf(`waiting-${number}`), 's', 1, [turn('a')])));
    await setImmediate();
  }
  replica.resume();
  await Promise.all(sent);
  const stats = await log.redis.info('commandstats');
  expect(Number(/^cmdstat_wait:calls=(\d+)/m.exec(stats)?.[1])).toBeLessThanOrEqual(2);
});

test('an append whose script must be loaded again passes its barrier too', async () => {
  const { replica, log } = await withReplica();
  const appender = await appenderOf(log, ONE_REPLICA);
  await log.redis.script('FLUSH');
  replica.pause();
  await expect(appender.append(ordered(callOf('flushed'), 's', 1, [turn('a')]))).rejects.toThrow('replicas');
});

test('a Redis that flushes before it answers needs no barrier for the disk', async () => {
  const server = await startRedisForTest({ appendfsync: 'always' });
  closing.push(() => server.close());
  const log = await openLog(server);
  expect(await findBarrier(log.redis, log.space, { level: 'disk', timeoutMs: 100 })).toBeUndefined();
  const appender = await appenderOf(log, { level: 'disk', timeoutMs: 100 });
  expect(await appender.append(ordered(callOf('d'), 's', 1, [turn('a')]))).toMatchObject({ outcome: 'ok' });
});

test('a Redis that flushes later needs WAITAOF, or the durability is refused', async () => {
  const log = await openLog(await startRedis('--appendonly', 'yes', '--appendfsync', 'everysec'));
  const version = Number.parseFloat(
    /redis_version:(\d+\.\d+)/.exec(await log.redis.info('server'))?.[1] ?? '',
  );
  const found = findBarrier(log.redis, log.space, { level: 'disk', timeoutMs: 2_000 });
  if (version < 7.2) {
    await expect(found).rejects.toThrow(/appendfsync always/);
    return;
  }
  const barrier = await found;
  const appender = createAppender(log.redis, log.space, { maxEvents: 100, barrier: () => barrier });
  expect(await appender.append(ordered(callOf('d'), 's', 1, [turn('a')]))).toMatchObject({ outcome: 'ok' });
});

test('an append whose barrier did not pass is rejected with the reason', async () => {
  const log = await openLog(await startRedis());
  const barrier: Barrier = {
    pipe: (pipeline) => pipeline.ping(),
    problemOf: (reply) => `got ${String(reply)}`,
  };
  const appender = createAppender(log.redis, log.space, { maxEvents: 100, barrier: () => barrier });
  await expect(appender.append(ordered(callOf('b'), 's', 1, [turn('a')]))).rejects.toThrow('got PONG');
});
