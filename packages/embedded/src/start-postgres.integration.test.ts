import { afterAll, afterEach, beforeAll, expect, test } from '@jest/globals';
import { spawn } from 'node:child_process';
import { chmod, chown, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import pg from 'pg';
import { type EmbeddedServer } from './embedded-server.ts';
import { unprivilegedAccount } from './server-account.ts';
import { type PostgresOptions, startPostgres } from './start-postgres.ts';

const cacheDir = process.env['TURNLOG_TEST_CACHE_DIR'] ?? '';
let dataDir: string;
let servers: EmbeddedServer[] = [];

// One folder for all tests, because creating a database takes longer than starting one.
beforeAll(async () => {
  dataDir = await mkdtemp(path.join(os.tmpdir(), 'turnlog-embedded-postgres-'));
  await chmod(dataDir, 0o711);
});

afterEach(async () => {
  await Promise.all(servers.map((server) => server.stop()));
  servers = [];
});

afterAll(() => rm(dataDir, { recursive: true }));

async function start(options: Partial<PostgresOptions> = {}): Promise<EmbeddedServer> {
  const settings = { fsync: 'off', shared_buffers: '16MB', ...options.settings };
  const server = await startPostgres({ dataDir, cacheDir, ...options, settings });
  servers.push(server);
  return server;
}

async function query<Row extends object>({ url }: EmbeddedServer, statement: string): Promise<Row[]> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    return (await client.query<Row>(statement)).rows;
  } finally {
    await client.end();
  }
}

test('committed data is there after kill -9 and the next start', async () => {
  const first = await start();
  await query(first, `create table calls as select 'kept' as sid`);

  first.kill('SIGKILL');
  await first.exited;
  const second = await start({ port: first.port });

  expect(second.url).toBe(first.url);
  expect(await query(second, 'select sid from calls')).toEqual([{ sid: 'kept' }]);
});

test('the database is turnlog, in UTF-8, ordered by code point, with the requested settings', async () => {
  const server = await start({ settings: { max_connections: '17' } });

  const [facts] = await query(
    server,
    `select current_database() as database, current_user as user, getdatabaseencoding() as encoding,
       current_setting('timezone') as timezone, current_setting('max_connections') as connections,
       (select datcollate from pg_database where datname = current_database()) as collation`,
  );

  expect(facts).toEqual({
    database: 'turnlog',
    user: 'turnlog',
    encoding: 'UTF8',
    timezone: 'UTC',
    connections: '17',
    collation: 'C',
  });
});

test('a client without the password is refused', async () => {
  const server = await start();
  const url = new URL(server.url);
  url.password = 'guess';

  await expect(query({ ...server, url: url.href }, 'select 1')).rejects.toThrow(
    'password authentication failed',
  );
});

test('a second start on the same data is refused and names the process that uses it', async () => {
  await start();

  await expect(start()).rejects.toThrow(
    `Postgres is already running on the data in ${dataDir}, started by process ${process.pid}`,
  );
});

test('a stale pid file does not block the start, even if its pid belongs to another process now', async () => {
  const killed = await start();
  killed.kill('SIGKILL');
  await killed.exited;
  const account = unprivilegedAccount(path.join(dataDir, 'cluster'));
  const bystander = spawn('sleep', ['60'], { cwd: '/', ...account });
  try {
    const pidFile = path.join(dataDir, 'cluster', 'postmaster.pid');
    await writeFile(pidFile, (await readFile(pidFile, 'utf8')).replace(/^\d+/, String(bystander.pid)));
    if (account) await chown(pidFile, account.uid, account.gid);

    const server = await start();

    expect(await query(server, 'select 1 as one')).toEqual([{ one: 1 }]);
    expect(bystander.signalCode).toBeNull();
  } finally {
    bystander.kill();
  }
});

test('data of another version of Postgres is refused before it is touched', async () => {
  const server = await start();
  await server.stop();
  const versionFile = path.join(dataDir, 'cluster', 'PG_VERSION');
  const version = await readFile(versionFile, 'utf8');

  await writeFile(versionFile, '13\n');
  await expect(start()).rejects.toThrow('was written by Postgres 13');

  await writeFile(versionFile, version);
  await start();
});

test('a Postgres that ends early shows its log, and releases the folder', async () => {
  await expect(start({ settings: { shared_buffers: 'plenty' } })).rejects.toThrow(/shared_buffers.*plenty/);

  await start();
});
