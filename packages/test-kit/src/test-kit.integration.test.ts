import { afterEach, expect, test } from '@jest/globals';
import { Redis } from 'ioredis';
import pg from 'pg';
import { PassThrough } from 'node:stream';
import {
  captureLines,
  createTestDatabase,
  type PrivateServer,
  startPostgresForTest,
  startRedisForTest,
  testKeyPrefix,
  testRedisUrl,
  waitUntil,
} from './index.ts';

const closing: (() => Promise<unknown>)[] = [];

afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});

async function query<Row extends object>(url: string, statement: string): Promise<Row[]> {
  const client = new pg.Client({ connectionString: url });
  // The server may be killed, which the caller's next query shows.
  client.on('error', () => undefined);
  await client.connect();
  try {
    return (await client.query<Row>(statement)).rows;
  } finally {
    await client.end();
  }
}

function redisClient(url: string, commandTimeout = 10_000): Redis {
  const client = new Redis(url, { maxRetriesPerRequest: 0, commandTimeout });
  client.on('error', () => undefined);
  closing.push(() => client.quit().catch(() => undefined));
  return client;
}

async function closedAfterTest(starting: Promise<PrivateServer>): Promise<PrivateServer> {
  const server = await starting;
  closing.push(() => server.close());
  return server;
}

test('every test file of a run shares one Redis, and its keys have a prefix of their own', async () => {
  const redis = redisClient(testRedisUrl());
  const [one, other] = [testKeyPrefix(), testKeyPrefix()];

  await redis.set(`${one}key`, 'value');

  expect(await redis.get(`${one}key`)).toBe('value');
  expect(await redis.get(`${other}key`)).toBeNull();
});

test('a test database is empty, migrated once and gone when dropped', async () => {
  const database = await createTestDatabase({
    migrate: (url) => query(url, 'create table calls (sid text)'),
  });

  expect(await query(database.url, 'select * from calls')).toEqual([]);
  await database.drop();

  await expect(query(database.url, 'select 1')).rejects.toThrow('does not exist');
});

test('a test database whose migration fails is not left behind', async () => {
  let url = '';
  const failing = createTestDatabase({
    migrate: (created) => {
      url = created;
      return Promise.reject(new Error('no such column'));
    },
  });

  await expect(failing).rejects.toThrow('no such column');
  await expect(query(url, 'select 1')).rejects.toThrow('does not exist');
});

test('a private Redis that crashes comes back on the same port with its data', async () => {
  const server = await closedAfterTest(startRedisForTest());
  const redis = redisClient(server.url);
  await redis.set('call', 'kept');

  await server.crash();
  await expect(redis.get('call')).rejects.toThrow();
  await server.start();

  expect(await waitUntil(() => redis.get('call'), { what: 'Redis answers' })).toBe('kept');
});

test('a paused private Redis answers only after it is resumed', async () => {
  const server = await closedAfterTest(startRedisForTest());
  const [patient, impatient] = [redisClient(server.url), redisClient(server.url, 500)];
  await patient.ping();

  server.pause();
  await expect(impatient.ping()).rejects.toThrow('timed out');
  server.resume();

  expect(await patient.ping()).toBe('PONG');
});

test('a private Postgres that crashes comes back on the same port with its data', async () => {
  const server = await closedAfterTest(startPostgresForTest());
  await query(server.url, `create table calls as select 'kept' as sid`);

  await server.crash();
  await expect(query(server.url, 'select 1')).rejects.toThrow();
  await server.start();

  expect(await query(server.url, 'select sid from calls')).toEqual([{ sid: 'kept' }]);
});

test('a wait that times out names its condition, and shows the last error', async () => {
  const failing = waitUntil(() => Promise.reject(new Error('not yet')), { what: 'pigs fly', timeoutMs: 30 });

  await expect(failing).rejects.toThrow('Waited 30 ms in vain until pigs fly');
  await expect(failing).rejects.toHaveProperty('cause.message', 'not yet');
});

test('captured lines are found whether they arrive before or after the wait', async () => {
  const stream = new PassThrough();
  const captured = captureLines(stream);
  stream.write('first\nsec');
  expect(await captured.waitFor('first')).toBe('first');

  const second = captured.waitFor(/^second \d$/);
  stream.write('ond 2\n');

  expect(await second).toBe('second 2');
  await expect(captured.waitFor('third', 20)).rejects.toThrow('within 20 ms; there were:\nfirst\nsecond 2');
  const third = captured.waitFor('third');
  stream.end();
  await expect(third).rejects.toThrow('before the end');
});
