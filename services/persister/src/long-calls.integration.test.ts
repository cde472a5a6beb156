import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from '@jest/globals';
import { waitUntil, type TestDatabase } from '@turnlog/test-kit';
import {
  append,
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

/** A call of so many turns, of half a megabyte each. */
async function appendLarge(callSid: string, turns: number) {
  const call = callOf(callSid);
  await append(system, call, [started]);
  for (let n = 0; n < turns; n += 1) await append(system, call, [turn(`${n}`.padEnd(500_000, 'ü'))], n + 2);
  await append(system, call, [ended], turns + 2);
  return call;
}

test('a log that is longer than what is held at once is folded page by page, and archived as a whole', async () => {
  const call = await appendLarge('CA-long', 5);
  const neighbour = callOf('CA-long-neighbour');
  await append(system, neighbour, wholeCall('Hello'));

  await system.start({ maxHeldBytes: 1_000_000 });
  await system.settled();

  const row = await system.store.readCall(call);
  expect(row).toMatchObject({ version: 7, status: 'completed' });
  expect(row?.full_transcript.map(({ text }) => text[0])).toEqual(['0', '1', '2', '3', '4']);
  expect(await system.store.readArchive(call)).toHaveLength(7);
  expect(await system.store.verifyCall(call)).toEqual({ ok: true });
  expect(await system.store.readCall(neighbour)).toMatchObject({ version: 4 });
  for (const ms of await system.timesToLive(call)) expect(ms).toBeGreaterThan(0);
});

test('of a long log that grows after its end, the archive gets what it lacks', async () => {
  const call = await appendLarge('CA-long-late', 3);
  await system.start({ maxHeldBytes: 1_000_000 });
  await system.settled();
  await append(system, call, [turn('One more thing')], 6);
  await system.settled();

  expect(await system.store.readCall(call)).toMatchObject({ version: 6 });
  const [{ segments, events } = {}] = await system.query<{ segments: number; events: number }>(
    `select count(*)::int as segments, sum(event_count)::int as events from call_event_segments
     where call_sid = 'CA-long-late' and from_seq > 5`,
  );
  expect({ segments, events }).toEqual({ segments: 1, events: 1 });
  expect(await system.store.verifyCall(call)).toEqual({ ok: true });
});

test('a call that is too large for a row is set aside with a letter that points at its log, and the log stays', async () => {
  const call = await appendLarge('CA-too-large', 4);
  const neighbour = callOf('CA-too-large-neighbour');
  await append(system, neighbour, wholeCall('Hello'));
  const { stop } = await system.start({ maxHeldBytes: 1_000_000, maxRowBytes: 1_500_000 });
  await system.settled();

  expect(await system.store.readCall(neighbour)).toMatchObject({ version: 4 });
  expect(await system.store.readCall(call)).toBeUndefined();
  expect(await system.store.readArchive(call)).toEqual([]);
  const [letter, ...others] = await system.letters.list();
  expect(others).toEqual([]);
  expect(letter).toMatchObject({ call, kind: 'call', seq: 6, reason: 'too_large', original: '' });
  expect(letter?.log).toMatchObject({ fromSeq: 1, toSeq: 6 });
  expect(new Set(await system.timesToLive(call))).toEqual(new Set([-1]));

  await stop();
  await system.start({ maxHeldBytes: 1_000_000 });
  if (letter !== undefined) await system.letters.replay(letter);
  await waitUntil(() => system.store.readCall(call), { what: 'the call is persisted after all' });
  await system.settled();
  expect(await system.store.verifyCall(call)).toEqual({ ok: true });
  expect(await system.letters.list()).toEqual([]);
});
