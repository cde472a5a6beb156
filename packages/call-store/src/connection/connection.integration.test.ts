import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { createTestDatabase, freePort, waitUntil, type TestDatabase } from '@turnlog/test-kit';
import { connect, createServer, type Server, type Socket } from 'node:net';
import pg from 'pg';
import { createCallStore, type CallStore } from '../call-store.ts';
import { migrate } from '../schema/migrate.ts';
import { eventOf, sampleEvents, writeOf } from '../testing/sample-call.ts';
import { classifyDatabaseError } from './database-error.ts';

const call = { tenant: 'acme', callSid: 'CA1' };
const open: CallStore[] = [];

let database: TestDatabase;
let client: pg.Client;

beforeEach(async () => {
  database = await createTestDatabase({ migrate: (databaseUrl) => migrate({ databaseUrl }) });
  client = new pg.Client(database.url);
  await client.connect();
});

afterEach(async () => {
  await client.end();
  await Promise.all(open.splice(0).map((store) => store.close()));
  await database.drop();
});

function openStore(options: Partial<Parameters<typeof createCallStore>[0]> = {}): CallStore {
  const store = createCallStore({ databaseUrl: database.url, ...options });
  open.push(store);
  return store;
}

async function kindOf(attempt: Promise<unknown>): Promise<string> {
  return attempt.then(() => 'none', classifyDatabaseError);
}

describe('a store whose database fails', () => {
  it('resumes after its idle connections are cut', async () => {
    const losses: object[] = [];
    const store = openStore({
      logger: { warn: (fields) => losses.push(fields) },
    });
    await store.ping();
    await client.query(`
      select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'turnlog' and
      datname = current_database()`);
    await waitUntil(() => losses.length > 0, { what: 'the lost connection is reported' });
    await store.ping();
  });

  it('reports unavailable for a server that does not listen', async () => {
    const store = openStore({ databaseUrl: `postgres://localhost:${await freePort()}/calls` });
    expect(await kindOf(store.ping())).toBe('unavailable');
  });

  it('reports unavailable for a server that accepts and does not answer', async () => {
    const silent = createServer();
    const port = await listen(silent);
    const store = openStore({ databaseUrl: `postgres://127.0.0.1:${port}/calls`, connectTimeoutMs: 100 });
    expect(await kindOf(store.ping())).toBe('unavailable');
    silent.close();
  });

  it('reports misconfigured for a database that does not exist, and for a missing column', async () => {
    const url = new URL(database.url);
    url.pathname = '/no_such_database';
    expect(await kindOf(openStore({ databaseUrl: url.href }).ping())).toBe('misconfigured');

    await client.query('alter table call_sessions rename column outcome to result');
    expect(await kindOf(openStore().writeCalls([writeOf(call, sampleEvents(call))]))).toBe('misconfigured');
  });

  it('stops a statement at its time-out, and waits no longer for a free connection', async () => {
    // The last write opens a new connection, which takes time on a busy machine.
    const store = openStore({ maxConnections: 1, statementTimeoutMs: 2_500, connectTimeoutMs: 1_000 });
    const write = writeOf(call, sampleEvents(call));
    await store.writeCalls([write]);
    await client.query('begin');
    await client.query('lock table call_sessions');
    const blocked = kindOf(store.writeCalls([write]));
    expect(await kindOf(store.ping())).toBe('unavailable');
    expect(await blocked).toBe('timeout');
    await client.query('rollback');
    expect(await store.writeCalls([write])).toEqual(['stale']);
  });

  it('waits for a locked row no longer than its time-out', async () => {
    const store = openStore({ lockTimeoutMs: 100 });
    const write = writeOf(call, sampleEvents(call));
    await store.writeCalls([write]);
    await client.query('begin');
    await client.query('select from call_sessions for update');
    expect(
      await kindOf(
        store.writeCalls([
          writeOf(call, [...sampleEvents(call), eventOf(call, 8, 'objection.raised', { text: 'late' })]),
        ]),
      ),
    ).toBe('locked');
    await client.query('rollback');
  });

  it('applies the time-out of a write on the server and in the driver', async () => {
    const store = openStore({ statementTimeoutMs: 300 });
    const write = writeOf(call, sampleEvents(call));
    await store.writeCalls([write]);
    await client.query('begin');
    await client.query('lock table call_sessions');
    const [short, long] = [store.writeCalls([write]), store.writeCalls([write], { timeoutMs: 10_000 })];
    expect(await kindOf(short)).toBe('timeout');
    // Longer than the default time-out, including the driver's.
    await new Promise((resolve) => setTimeout(resolve, 300));
    await client.query('rollback');
    expect(await long).toEqual(['stale']);
  });

  it('drops a connection that went silent, and opens another', async () => {
    const proxy = await openProxy(database.url);
    const store = openStore({ databaseUrl: proxy.url, maxConnections: 1, statementTimeoutMs: 2_500 });
    await store.ping();
    proxy.silence();
    expect(await kindOf(store.ping())).toBe('timeout');
    await store.ping();
    proxy.close();
  });

  it('can be closed twice, and without use', async () => {
    const store = openStore();
    await expect(Promise.all([store.close(), store.close()])).resolves.toEqual([undefined, undefined]);
  });
});

/**
 * Passes bytes to the database; `silence` makes the current connections hang for ever, but not later ones.
 */
async function openProxy(databaseUrl: string) {
  const { hostname, port } = new URL(databaseUrl);
  const sockets: Socket[] = [];
  const server = createServer((inbound) => {
    const outbound = connect(Number(port), hostname);
    inbound.pipe(outbound).pipe(inbound);
    for (const socket of [inbound, outbound]) socket.on('error', () => socket.destroy());
    sockets.push(inbound, outbound);
  });
  const url = new URL(databaseUrl);
  url.hostname = '127.0.0.1';
  url.port = String(await listen(server));
  return {
    url: url.href,
    silence: () => sockets.forEach((socket) => socket.unpipe().pause()),
    close: () => {
      server.close();
      for (const socket of sockets) socket.destroy();
    },
  };
}

async function listen(server: Server): Promise<number> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  if (typeof address !== 'object' || address === null) throw new Error('the server listens on no port');
  return address.port;
}
