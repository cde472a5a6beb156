import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from '@jest/globals';
import { createCallStore } from '@turnlog/call-store';
import { waitUntil, type TestDatabase } from '@turnlog/test-kit';
import pg from 'pg';
import {
  append,
  appendUnordered,
  callOf,
  createMigratedDatabase,
  openTestSystem,
  turn,
  wholeCall,
  type TestSystem,
} from './service.test-support.ts';

let database: TestDatabase;
let system: TestSystem;
let locker: pg.Client;

beforeAll(async () => {
  database = await createMigratedDatabase();
  locker = new pg.Client({ connectionString: database.url });
  await locker.connect();
});
afterAll(async () => {
  await locker.end();
  await database.drop();
});
beforeEach(async () => {
  system = await openTestSystem(database.url);
});
afterEach(() => system.close());

function patientStore(options: { statementTimeoutMs?: number; lockTimeoutMs?: number }) {
  return createCallStore({ databaseUrl: database.url, maxConnections: 2, ...options });
}

test('a call whose row is locked waits by itself: others pass, Postgres counts as up, and it is written afterwards', async () => {
  const store = patientStore({ lockTimeoutMs: 100 });
  const { watch, log, stuck } = await system.start({ store });
  const locked = callOf('CA-locked');
  await append(system, locked, wholeCall('Hello'));
  await system.settled();
  await locker.query('begin');
  await locker.query(`select from call_sessions where call_sid = 'CA-locked' for update`);

  await append(system, locked, [turn('One more thing')], 5);
  const others = Array.from({ length: 20 }, (_, n) => callOf(`CA-unlocked-${n}`));
  for (const call of others) await append(system, call, wholeCall('Hello'));
  for (const call of others)
    await waitUntil(() => system.store.readCall(call), { what: `${call.callSid} is persisted` });
  await waitUntil(() => stuck().calls === 1, { what: 'the locked call is known to be stuck' });
  expect(stuck().cause).toContain('55P03');
  expect(watch.state).toBe('up');
  expect(await log.waitFor('Failed to persist session to database')).toContain('"outcome":"deferred"');

  await locker.query('rollback');
  await waitUntil(async () => (await system.store.readCall(locked))?.version === 5, {
    what: 'the locked call is written',
  });
  await system.settled();
  expect(stuck()).toEqual({ calls: 0, oldestMs: 0, cause: undefined });
  expect(log.lines.join('\n')).not.toContain('Postgres is unavailable');
  expect(await system.letters.list()).toEqual([]);
  await store.close();
});

test('a Postgres that takes long for each row is handed as many as it can write in time', async () => {
  await system.query(`create or replace function slow() returns trigger language plpgsql as
    $$ begin perform pg_sleep(0.05); return new; end $$`);
  await system.query(
    'create trigger slow before insert on call_sessions for each row execute function slow()',
  );
  const calls = Array.from({ length: 60 }, (_, n) => callOf(`CA-slow-${n}`));
  for (const call of calls) await append(system, call, wholeCall('Hello'));
  const store = patientStore({ statementTimeoutMs: 1_000 });
  const { watch, counted, log } = await system.start({ store, maxWrites: 1 });
  await system.settled();
  await system.query('drop trigger slow on call_sessions');

  expect(await counted('written')).toBe(60);
  expect(watch.state).toBe('up');
  expect(log.lines.join('\n')).not.toContain('Postgres is unavailable');
  await store.close();
});

test('events that come after the end of a call are written together, and acknowledged after that', async () => {
  const call = callOf('CA-late-gathered');
  const { counted } = await system.start({ gatherLateMs: 1_500 });
  await append(system, call, wholeCall('Hello'));
  await waitUntil(() => system.store.readCall(call), { what: 'the row is there at once', timeoutMs: 1_000 });
  await system.settled();

  for (let n = 0; n < 10; n += 1) {
    await appendUnordered(system, call, `late-${n}`, turn(`late ${n}`));
    await new Promise((resolve) => setTimeout(resolve, 15));
  }
  expect(await system.store.readCall(call)).toMatchObject({ version: 4 });
  expect(await system.feedLength()).toBe(10);
  await system.settled();
  expect(await system.store.readCall(call)).toMatchObject({ version: 14 });
  expect(await counted('written')).toBeLessThanOrEqual(3);
  expect(await system.store.verifyCall(call)).toEqual({ ok: true });
});
