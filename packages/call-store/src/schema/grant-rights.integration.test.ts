import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { startPostgresForTest, type PrivateServer } from '@turnlog/test-kit';
import pg from 'pg';
import { migrate } from './migrate.ts';

// Roles belong to the whole server, so this one is the test's own.
let server: PrivateServer;
let owner: pg.Client;
beforeAll(async () => {
  server = await startPostgresForTest();
  owner = new pg.Client(server.url);
  await owner.connect();
  await owner.query(`create role turnlog_persister login password 'test'`);
  await migrate({ databaseUrl: server.url });
});
afterAll(async () => {
  await owner.end();
  await server.close();
});

test('a role in use keeps its rights while several runs grant them again at once', async () => {
  const address = new URL(server.url);
  address.username = 'turnlog_persister';
  address.password = 'test';
  const persister = new pg.Client(address.href);
  await persister.connect();
  const granted = new AbortController();
  const working = (async () => {
    while (!granted.signal.aborted) await persister.query('select from call_sessions for update');
  })();
  for (let round = 0; round < 5; round += 1)
    await Promise.all([1, 2, 3].map(() => migrate({ databaseUrl: server.url })));
  granted.abort();
  await expect(working).resolves.toBeUndefined();
  await persister.end();
});
