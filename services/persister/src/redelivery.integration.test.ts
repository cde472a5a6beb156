import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from '@jest/globals';
import { callId } from '@turnlog/call-events';
import { createCommitter, partitionKeys, partitionOf } from '@turnlog/call-log';
import { waitUntil, type TestDatabase } from '@turnlog/test-kit';
import {
  append,
  callOf,
  createMigratedDatabase,
  openTestSystem,
  wholeCall,
  type TestSystem,
} from './service.test-support.ts';

const NEVER_MS = 3_600_000;

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

/** Reads as a consumer that dies before it does anything. */
async function readAndDie(consumer: string, callSid: string): Promise<void> {
  const { persist } = partitionKeys(system.space, partitionOf(system.space, callOf(callSid)));
  await system.redis.xgroup('CREATE', persist, 'persister', '0');
  await system.redis.xreadgroup('GROUP', 'persister', consumer, 'STREAMS', persist, '>');
}

test('a persister that dies between commit and acknowledgement leaves a row that its redelivery does not touch', async () => {
  const call = callOf('CA-killed');
  let deaths = 0;
  const commit = createCommitter(system.redis, system.space, NEVER_MS);
  const { counted } = await system.start({
    commit: async (settled) => {
      if (deaths++ === 0) throw new Error('killed after the commit');
      await commit(settled);
    },
  });
  await append(system, call, wholeCall('Hello'));
  const first = await waitUntil(() => system.store.readCall(call), { what: 'the row is committed' });

  await system.settled();

  expect(await system.store.readCall(call)).toEqual(first);
  expect(await counted('written')).toBe(1);
  expect(await counted('stale')).toBe(1);
  expect(await system.store.verifyCall(call)).toEqual({ ok: true });
});

test('a call that is asked for once more, when all of its log is in Postgres, is acknowledged and not written again', async () => {
  const call = callOf('CA-once-more');
  const { counted } = await system.start();
  await append(system, call, wholeCall('Hello'));
  await system.settled();
  const first = await system.store.readCall(call);

  const { persist } = partitionKeys(system.space, partitionOf(system.space, call));
  await system.redis.xadd(persist, '*', 'c', callId(call), 's', 4, 'r', 'late');
  await system.settled();

  await waitUntil(async () => (await counted('known')) === 1, { what: 'it is known to be there' });
  expect([await counted('written'), await counted('stale')]).toEqual([1, 0]);
  expect(await system.store.readCall(call)).toEqual(first);
});

test('what a dead consumer was given is claimed by a living one', async () => {
  const call = callOf('CA-zombie');
  await append(system, call, wholeCall('Hello'));
  await readAndDie('dead', call.callSid);

  await system.start({ consumer: 'living', claimIdleMs: 300 });
  await system.settled();

  expect(await system.store.readCall(call)).toMatchObject({ version: 4 });
});

test('a restarted consumer begins with what it was given before', async () => {
  const call = callOf('CA-restart');
  await append(system, call, wholeCall('Hello'));
  await readAndDie('p1', call.callSid);

  await system.start({ consumer: 'p1', claimIdleMs: NEVER_MS });
  await system.settled();

  expect(await system.store.readCall(call)).toMatchObject({ version: 4 });
});

test('two persisters at once write each of 200 calls once, and rightly', async () => {
  const calls = Array.from({ length: 200 }, (_, n) => callOf(`CA-two-${n}`));
  const persisters = await Promise.all([
    system.start({ consumer: 'p1', batchCalls: 10 }),
    system.start({ consumer: 'p2', batchCalls: 10 }),
  ]);

  await Promise.all(calls.map((call, n) => append(system, call, wholeCall(...manyTexts(n % 7)))));
  await system.settled();

  const counts = await Promise.all(persisters.map(({ counted }) => counted('written')));
  expect(counts.reduce((sum, count) => sum + count)).toBe(200);
  expect(Math.min(...counts)).toBeGreaterThan(0);
  for (const call of calls) expect(await system.store.verifyCall(call)).toEqual({ ok: true });
});

function manyTexts(count: number): string[] {
  return Array.from({ length: count }, (_, n) => `turn ${n}`);
}
