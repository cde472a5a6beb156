import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from '@jest/globals';
import { deferred } from '@turnlog/service-kit';
import { waitUntil, type TestDatabase } from '@turnlog/test-kit';
import {
  append,
  appendUnordered,
  callOf,
  createMigratedDatabase,
  ended,
  openTestSystem,
  started,
  turn,
  wholeCall,
  type TestSystem,
} from './service.test-support.ts';

let database: TestDatabase;
let system: TestSystem;

beforeAll(async () => {
  database = await createMigratedDatabase();
});
afterAll(() => database.drop());
beforeEach(async () => {
  system = await openTestSystem(database.url);
});
afterEach(() => system.close());

test('a call that ended gets its row', async () => {
  const call = callOf('CA-ended');
  const { log, counted } = await system.start();
  await append(system, call, wholeCall('Hello', 'Around 50 lakhs'));

  const row = await waitUntil(() => system.store.readCall(call), { what: 'the row is there' });

  expect(row).toMatchObject({ status: 'completed', version: 5, collected_data: { budget: 5_000_000 } });
  expect(row.full_transcript.map(({ text }) => text)).toEqual(['Hello', 'Around 50 lakhs']);
  await system.settled();
  expect(await system.store.verifyCall(call)).toEqual({ ok: true });
  expect(await counted('written')).toBe(1);
  expect(await log.waitFor('Persisting transcript to database')).toContain('"exchanges":2');
  expect(await log.waitFor('Persisting collected data to database')).toContain('"fields":["budget"]');
  expect(await log.waitFor('Session successfully persisted to database')).toContain('"call_sid":"CA-ended"');
  expect(log.lines.join('\n')).not.toContain('lakhs');
});

test('the keys of a call begin to expire only after the commit', async () => {
  const call = callOf('CA-expiry');
  const [writing, commit] = [deferred(), deferred()];
  await system.start((store) => ({
    store: {
      ...store,
      writeCalls: async (batch) => {
        writing.resolve();
        await commit.promise;
        return store.writeCalls(batch);
      },
    },
  }));
  await append(system, call, wholeCall('Hello'));

  await writing.promise;
  expect(new Set(await system.timesToLive(call))).toEqual(new Set([-1]));
  commit.resolve();
  await system.settled();

  for (const ms of await system.timesToLive(call)) expect(ms).toBeGreaterThan(3_500_000);
});

test('a checkpoint of a call that goes on writes a row in progress, and no key begins to expire', async () => {
  const call = callOf('CA-checkpoint');
  const { log } = await system.start();
  await append(system, call, [started, turn('Hello')]);

  await system.ask(call, 2, 'checkpoint');
  await system.settled();

  expect(await system.store.readCall(call)).toMatchObject({ status: 'in_progress', version: 2 });
  expect(new Set(await system.timesToLive(call))).toEqual(new Set([-1]));
  expect(log.lines.join('\n')).not.toContain('Session successfully persisted');

  await append(system, call, [turn('Bye'), ended], 3);
  await system.settled();

  expect(await system.store.readCall(call)).toMatchObject({ status: 'completed', version: 4 });
  expect(await system.store.verifyCall(call)).toEqual({ ok: true });
});

test('an event that comes after the end raises the version of the row', async () => {
  const call = callOf('CA-late');
  await system.start();
  await append(system, call, wholeCall('Hello'));
  await system.settled();

  await appendUnordered(system, call, 'late-1', ['outcome.decided', { outcome: 'qualified' }]);
  await system.settled();

  expect(await system.store.readCall(call)).toMatchObject({ version: 5, outcome: 'qualified' });
  expect(await system.store.verifyCall(call)).toEqual({ ok: true });
});

test('events that come after the keys have expired are folded together with the archive', async () => {
  const call = callOf('CA-expired');
  const { counted } = await system.start({ keepKeysMs: 1 });
  await append(system, call, wholeCall('Hello'));
  await waitUntil(async () => (await system.timesToLive(call)).length === 0, {
    what: 'the keys have expired',
  });

  await appendUnordered(system, call, 'late-1', ['outcome.decided', { outcome: 'qualified' }]);
  await appendUnordered(system, call, 'late-2', turn('One more thing'));
  // As the session service does when a call without a connection has been quiet for long.
  await appendUnordered(system, call, 'quiet', [
    'call.disconnected',
    { connectionId: 'http', reason: 'quiet' },
  ]);
  await system.settled();

  const row = await system.store.readCall(call);
  expect(row).toMatchObject({
    version: 7,
    outcome: 'qualified',
    status: 'completed',
    end_reason: 'callended',
  });
  expect(row?.full_transcript.map(({ text }) => text)).toEqual(['Hello', 'One more thing']);
  expect(await system.store.verifyCall(call)).toEqual({ ok: true });
  expect(await counted('merged')).toBe(1);
});

test('an event that is appended again after the keys have expired, as to a Redis that lost it, is in the row once', async () => {
  const call = callOf('CA-again');
  await system.start({ keepKeysMs: 1 });
  await append(system, call, wholeCall('Hello'));
  await appendUnordered(system, call, 'late-1', turn('One more thing'));
  await waitUntil(async () => (await system.timesToLive(call)).length === 0, {
    what: 'the keys have expired',
  });
  const before = await system.store.readCall(call);

  await appendUnordered(system, call, 'late-1', turn('One more thing'));
  await appendUnordered(system, call, 'quiet', [
    'call.disconnected',
    { connectionId: 'http', reason: 'quiet' },
  ]);
  await system.settled();

  const row = await system.store.readCall(call);
  expect(row).toMatchObject({ version: 6, end_reason: 'callended' });
  expect(row?.full_transcript).toEqual(before?.full_transcript);
  expect(row?.full_transcript.map(({ text }) => text)).toEqual(['Hello', 'One more thing']);
  expect(await system.store.verifyCall(call)).toEqual({ ok: true });
});

test('an entry whose call has expired from Redis is acknowledged and changes nothing', async () => {
  const call = callOf('CA-gone');
  const { counted } = await system.start({ keepKeysMs: 1 });
  await append(system, call, wholeCall('Hello'));
  await waitUntil(async () => (await system.timesToLive(call)).length === 0, {
    what: 'the keys have expired',
  });
  const before = await system.store.readCall(call);

  await system.ask(call, 4, 'closed');
  await system.settled();

  expect(await system.store.readCall(call)).toEqual(before);
  await waitUntil(async () => (await counted('gone')) === 1, { what: 'it is told to be gone' });
});

test('a stop finishes the batch in flight', async () => {
  const call = callOf('CA-stop');
  const [writing, commit] = [deferred(), deferred()];
  const persister = await system.start((store) => ({
    store: {
      ...store,
      writeCalls: async (batch) => {
        writing.resolve();
        await commit.promise;
        return store.writeCalls(batch);
      },
    },
  }));
  await append(system, call, wholeCall('Hello'));
  await writing.promise;

  const stopped = persister.stop();
  commit.resolve();
  await stopped;

  expect(await system.store.readCall(call)).toMatchObject({ version: 4 });
  expect(await system.feedLength()).toBe(0);
});

test('no more is written at once than there are connections, however much waits', async () => {
  const calls = Array.from({ length: 60 }, (_, n) => callOf(`CA-slot-${n}`));
  for (const call of calls) await append(system, call, wholeCall('Hello'));
  let [writing, most] = [0, 0];
  const { stop } = await system.start((store) => ({
    batchCalls: 4,
    maxWrites: 2,
    store: {
      ...store,
      writeCalls: async (batch) => {
        writing += 1;
        most = Math.max(most, writing);
        await new Promise((resolve) => setTimeout(resolve, 20));
        writing -= 1;
        return store.writeCalls(batch);
      },
    },
  }));
  await system.settled();
  await stop();
  expect(most).toBe(2);
});
