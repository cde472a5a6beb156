import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { makePostgresRoles, startPostgresForTest, withUser, type PrivateServer } from '@turnlog/test-kit';
import pg from 'pg';
import { migrate } from '../schema/migrate.ts';

// Roles belong to the whole server, so this one is the test's own.
let server: PrivateServer;
let reader: pg.Client;
beforeAll(async () => {
  server = await startPostgresForTest();
  await makePostgresRoles(server.url);
  await migrate({ databaseUrl: withUser(server.url, 'turnlog_owner') });
  reader = new pg.Client(withUser(server.url, 'turnlog_reader'));
  await reader.connect();
});
afterAll(async () => {
  await reader.end();
  await server.close();
});

test('the reader can ask the usual questions', async () => {
  for (const view of [
    'call_turns',
    'call_stages',
    'call_tools',
    'daily_calls',
    'daily_latency',
    'daily_tools',
  ])
    expect((await reader.query(`select * from ${view}`)).rows).toEqual([]);
  expect((await reader.query(`select * from search_calls('hello')`)).rows).toEqual([]);
});

test('the reader can neither write nor hold a statement, nor read what the rows leave out', async () => {
  const { rows } = await reader.query(
    `select current_setting('statement_timeout') as timeout, current_setting('transaction_read_only') as readonly`,
  );
  expect(rows).toEqual([{ timeout: '30s', readonly: 'on' }]);
  for (const table of ['call_event_segments', 'tenants', 'call_placements', 'legal_holds', 'erasures'])
    await expect(reader.query(`select from ${table}`)).rejects.toMatchObject({ code: '42501' });
  await reader.query('set default_transaction_read_only = off');
  await expect(reader.query('delete from call_sessions')).rejects.toMatchObject({ code: '42501' });
});
