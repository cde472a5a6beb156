import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from '@jest/globals';
import { callId } from '@turnlog/call-events';
import { createTrials, partitionKeys, partitionOf, type StoredDeadLetter } from '@turnlog/call-log';
import { waitUntil, type TestDatabase } from '@turnlog/test-kit';
import {
  append,
  callOf,
  createMigratedDatabase,
  openTestSystem,
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
  system = await openTestSystem(database.url, { partitions: 1 });
});
afterEach(() => system.close());

const persist = () => partitionKeys(system.space, 0).persist;

/** Reads as processes of one name that die with their entries, again and again. */
async function deliverAndDie(times: number): Promise<void> {
  await system.redis.xgroup('CREATE', persist(), 'persister', '0');
  await system.redis.xreadgroup('GROUP', 'persister', 'p1', 'STREAMS', persist(), '>');
  for (let n = 1; n < times; n += 1)
    await system.redis.xreadgroup('GROUP', 'persister', 'p1', 'STREAMS', persist(), '0');
}

test('a call whose trials did not come back is set aside before it is tried again, and its neighbours are persisted', async () => {
  const [killer, neighbour] = [callOf('CA-killer'), callOf('CA-killed-beside')];
  for (const call of [killer, neighbour]) await append(system, call, wholeCall('Hello'));
  await deliverAndDie(4);
  const trials = createTrials(system.redis, system.space);
  for (let n = 0; n < 3; n += 1) await trials.begin(killer);

  await system.start();
  await system.settled();

  expect(await system.store.readCall(neighbour)).toMatchObject({ version: 4 });
  expect(await system.store.readCall(killer)).toBeUndefined();
  const letters: StoredDeadLetter[] = await system.letters.list();
  expect(letters).toMatchObject([{ call: killer, reason: 'killed_its_reader', original: '', seq: 4 }]);
  expect(letters[0]?.log).toMatchObject({ fromSeq: 1, toSeq: 4 });

  // The call was not the cause: its replay persists it.
  if (letters[0] !== undefined) await system.letters.replay(letters[0]);
  await waitUntil(() => system.store.readCall(killer), { what: 'it is persisted' });
});

test('what asks for a call that was set aside is not read either', async () => {
  const killer = callOf('CA-kills-again');
  await append(system, killer, wholeCall('Hello'));
  await deliverAndDie(4);
  const trials = createTrials(system.redis, system.space);
  for (let n = 0; n < 3; n += 1) await trials.begin(killer);
  const first = await system.start();
  await system.settled();
  await first.stop();

  await system.redis.xadd(persist(), '*', 'c', callId(killer), 's', 4, 'r', 'late');
  await system.redis.xreadgroup('GROUP', 'persister', 'p1', 'STREAMS', persist(), '>');
  for (let n = 0; n < 3; n += 1)
    await system.redis.xreadgroup('GROUP', 'persister', 'p1', 'STREAMS', persist(), '0');
  await system.start();
  await system.settled();

  expect(await system.store.readCall(killer)).toBeUndefined();
  expect(await system.letters.list()).toMatchObject([{ reason: 'killed_its_reader' }]);
});

test('calls that were delivered often, and did not fail when they were tried alone, are persisted', async () => {
  const calls = Array.from({ length: 5 }, (_, n) => callOf(`CA-innocent-${n}`));
  for (const call of calls) await append(system, call, wholeCall('Hello'));
  await deliverAndDie(50);
  const trials = createTrials(system.redis, system.space);
  // Killed twice by the machine while it was tried.
  for (const call of calls) for (let n = 0; n < 2; n += 1) await trials.begin(call);

  await system.start();
  await system.settled();

  for (const call of calls) expect(await system.store.readCall(call)).toMatchObject({ version: 4 });
  expect(await system.letters.list()).toEqual([]);
});

test('however long Postgres is away, what is delivered again and again is not held against a call', async () => {
  const call = callOf('CA-outage');
  await append(system, call, wholeCall('Hello'));
  let isAway = true;
  const { persist: key } = partitionKeys(system.space, partitionOf(system.space, call));
  await system.start((store) => ({
    store: {
      ...store,
      writeCalls: (batch, options) =>
        isAway
          ? Promise.reject(Object.assign(new Error('connect'), { code: 'ECONNREFUSED' }))
          : store.writeCalls(batch, options),
    },
    pause: () => new Promise((resolve) => setTimeout(resolve, 10)),
  }));
  await waitUntil(
    async () => {
      const pending = (await system.redis.xpending(key, 'persister', '-', '+', 10)) as unknown[][];
      return Number(pending[0]?.[3]) > 20;
    },
    { what: `${callId(call)} was delivered often` },
  );
  isAway = false;
  await system.settled();
  expect(await system.store.readCall(call)).toMatchObject({ version: 4 });
  expect(await system.letters.list()).toEqual([]);
});
