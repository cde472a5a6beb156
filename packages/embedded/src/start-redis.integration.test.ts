import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { Redis } from 'ioredis';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { type EmbeddedServer } from './embedded-server.ts';
import { type RedisOptions, startRedis } from './start-redis.ts';

const cacheDir = process.env['TURNLOG_TEST_CACHE_DIR'] ?? '';
let dataDir: string;
let servers: EmbeddedServer[];

beforeEach(async () => {
  dataDir = await mkdtemp(path.join(os.tmpdir(), 'turnlog-embedded-redis-'));
  servers = [];
});

afterEach(async () => {
  await Promise.all(servers.map((server) => server.stop()));
  await rm(dataDir, { recursive: true });
});

async function start(options: Partial<RedisOptions> = {}): Promise<EmbeddedServer> {
  const server = await startRedis({ dataDir, cacheDir, ...options });
  servers.push(server);
  return server;
}

async function withRedis<Result>(
  { url }: EmbeddedServer,
  use: (redis: Redis) => Promise<Result>,
): Promise<Result> {
  const redis = new Redis(url, { maxRetriesPerRequest: 0 });
  try {
    return await use(redis);
  } finally {
    redis.disconnect();
  }
}

/** The lock as if the process that started the server had died. */
async function forgeDeadOwner(): Promise<void> {
  const child = spawn('true');
  await once(child, 'exit');
  const file = path.join(dataDir, 'lock.json');
  const record = JSON.parse(await readFile(file, 'utf8')) as object;
  await writeFile(file, JSON.stringify({ ...record, owner: { pid: child.pid, start: 'long ago' } }));
}

test('written data is there after kill -9 and the next start', async () => {
  const first = await start();
  await withRedis(first, (redis) => redis.set('call', 'kept'));

  first.kill('SIGKILL');
  expect(await first.exited).toEqual({ code: null, signal: 'SIGKILL' });
  const second = await start({ port: first.port });

  expect(second.url).toBe(first.url);
  expect(await withRedis(second, (redis) => redis.get('call'))).toBe('kept');
});

test('it keeps every write in an append-only file and evicts nothing', async () => {
  const server = await start({ extraArgs: ['--maxmemory', '64mb'] });

  const config = await withRedis(server, (redis) =>
    redis.config('GET', 'appendonly', 'appendfsync', 'maxmemory', 'maxmemory-policy', 'save'),
  );

  const settings = new Map(config.flatMap((name, i, all) => (i % 2 ? [] : [[name, all[i + 1]]])));
  expect(Object.fromEntries(settings)).toEqual({
    appendonly: 'yes',
    appendfsync: 'everysec',
    maxmemory: '67108864',
    'maxmemory-policy': 'noeviction',
    save: '',
  });
});

test('a second start on the same data is refused and names the process that uses it', async () => {
  await start();

  await expect(start()).rejects.toThrow(
    `Redis is already running on the data in ${dataDir}, started by process ${process.pid}`,
  );
});

test('a server whose starter died is stopped, and its data served again', async () => {
  const orphan = await start();
  await withRedis(orphan, (redis) => redis.set('call', 'kept'));
  await forgeDeadOwner();

  const server = await start();

  expect(await orphan.exited).toEqual({ code: 0, signal: null });
  expect(await withRedis(server, (redis) => redis.get('call'))).toBe('kept');
});

test('a process that only has the pid of a dead server is left alone', async () => {
  const bystander = spawn('sleep', ['60']);
  try {
    const leftover = {
      owner: { pid: 1, start: 'long ago' },
      server: { pid: bystander.pid, start: 'long ago' },
    };
    await writeFile(path.join(dataDir, 'lock.json'), JSON.stringify(leftover));

    await start();

    expect(bystander.exitCode).toBeNull();
    expect(bystander.signalCode).toBeNull();
  } finally {
    bystander.kill();
  }
});

test('a taken port is refused with a sentence', async () => {
  const { port } = await start();
  const elsewhere = path.join(dataDir, 'another');

  await expect(start({ dataDir: elsewhere, port })).rejects.toThrow(
    `Redis cannot listen on port ${port} of 127.0.0.1: another process has it`,
  );
});

test('a Redis that ends early shows its log, and releases the folder', async () => {
  await expect(start({ extraArgs: ['--no-such-setting', 'x'] })).rejects.toThrow(/no-such-setting/);

  await start();
});

test('stopping twice is the same as stopping once, and releases the folder', async () => {
  const server = await start();

  await Promise.all([server.stop(), server.stop()]);
  await server.stop();

  expect(await server.exited).toEqual({ code: 0, signal: null });
  expect(await readdir(dataDir)).not.toContain('lock.json');
});
