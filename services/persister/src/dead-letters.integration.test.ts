import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from '@jest/globals';
import { callKeys, DeadLetters } from '@turnlog/call-log';
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

const NOT_JSON = '{"v":1,"id":"half';

/** A log of four entries, the third of which is not an event. */
async function appendWithDamage(callSid: string) {
  const call = callOf(callSid);
  const { log, head } = callKeys(system.space, call);
  await append(system, call, [started, turn('Hello')]);
  await system.redis.pipeline().xadd(log, '3-0', 'e', NOT_JSON).hset(head, 'seq', 3).exec();
  await append(system, call, [ended], 3);
  return call;
}

test('of a hundred calls, the one that Postgres refuses goes to the dead letters alone, until its cause is gone', async () => {
  await system.query(
    `alter table call_sessions add constraint no_budget_of_13 check (collected_data ->> 'budget' <> '13')`,
  );
  const calls = Array.from({ length: 100 }, (_, n) => callOf(`CA-hundred-${n}`));
  const bad = callOf('CA-hundred-37');
  await Promise.all(
    calls.map((call) => {
      const budget = call.callSid === bad.callSid ? 13 : 5;
      return append(system, call, [
        started,
        turn('Hello'),
        ['data.collected', { fields: { budget } }],
        ended,
      ]);
    }),
  );

  const { log, counted } = await system.start();
  await system.settled();

  expect(await counted('written')).toBe(99);
  expect(await system.store.readCall(bad)).toBeUndefined();
  const [letter, ...others] = await system.letters.list();
  expect(others).toEqual([]);
  expect(letter).toMatchObject({ call: bad, kind: 'call', seq: 4, reason: '23514', original: '' });
  const { log: key } = callKeys(system.space, bad);
  const texts = (await system.redis.xrange(key, '-', '+')).map(([, fields]) => fields[1]);
  // The separators between the texts are measured as well.
  const bytes = texts.join(',\n').length;
  expect(letter?.log).toMatchObject({ fromSeq: 1, toSeq: 4, bytes });
  expect(letter?.detail).toContain('no_budget_of_13');
  expect(new Set(await system.timesToLive(bad))).toEqual(new Set([-1]));
  expect(await log.waitFor('Failed to persist session to database')).toContain('"call_sid":"CA-hundred-37"');

  await system.query('alter table call_sessions drop constraint no_budget_of_13');
  if (letter !== undefined) await system.letters.replay(letter);
  await system.settled();

  expect(await system.store.readCall(bad)).toMatchObject({ version: 4, collected_data: { budget: 13 } });
  expect(await system.store.verifyCall(bad)).toEqual({ ok: true });
  expect(await system.letters.list()).toEqual([]);
});

test('an entry that is not an event goes to the dead letters with its bytes, and the rest of its call is persisted', async () => {
  const call = await appendWithDamage('CA-damaged');

  await system.start();
  await system.settled();

  expect(await system.store.readCall(call)).toMatchObject({ status: 'completed', version: 3 });
  expect(await system.store.readArchive(call)).toHaveLength(3);
  expect(await system.letters.list()).toMatchObject([
    { call, kind: 'event', seq: 3, reason: 'not_json', original: NOT_JSON },
  ]);
});

test('an event of a newer version waits in the dead letters for the upgrade; old and new services harm no call', async () => {
  const call = callOf('CA-rolling');
  const { log, head } = callKeys(system.space, call);
  const newer = mendedTurn('CA-rolling').replace('"v":1', '"v":2');
  const newType = mendedTurn('CA-rolling', 'scored').replace('turn.completed', 'sentiment.scored');
  await append(system, call, [started, turn('Hello')]);
  const entries = system.redis.pipeline().xadd(log, '3-0', 'e', newer).xadd(log, '4-0', 'e', newType);
  await entries.hset(head, 'seq', 4).exec();
  await append(system, call, [ended], 3);

  await system.start();
  await system.settled();

  // The unknown type is counted and archived; the unreadable version is dead-lettered.
  expect(await system.store.readCall(call)).toMatchObject({ status: 'completed', version: 4 });
  expect(await system.store.readArchive(call)).toContain(newType);
  const [letter, ...others] = await system.letters.list();
  expect(others).toEqual([]);
  expect(letter).toMatchObject({ call, kind: 'event', seq: 3, reason: 'newer_version', original: newer });

  // What an upgraded persister reads at that place.
  await replaceEntry(call.callSid, 3, mendedTurn('CA-rolling'));
  if (letter !== undefined) await system.letters.replay(letter);
  await system.settled();
  expect(await system.store.readCall(call)).toMatchObject({ version: 5 });
  expect(await system.store.verifyCall(call)).toEqual({ ok: true });
});

test('an entry that is not an event is dead-lettered once, however often its call is persisted', async () => {
  const call = await appendWithDamage('CA-damaged-twice');
  const { log } = await system.start();
  await system.settled();

  await append(system, call, [turn('One more thing')], 4);
  await system.settled();

  expect(await system.store.readCall(call)).toMatchObject({ version: 4 });
  expect(await system.letters.list()).toHaveLength(1);
  expect(log.lines.filter((line) => line.includes('set aside as a dead letter'))).toHaveLength(1);
});

test('an entry that has become an event since is persisted by its replay', async () => {
  const call = await appendWithDamage('CA-mended');
  await system.start();
  await system.settled();
  const [letter] = await system.letters.list();

  await replaceEntry(call.callSid, 3, mendedTurn(call.callSid));
  if (letter !== undefined) await system.letters.replay(letter);
  await system.settled();

  const row = await system.store.readCall(call);
  expect(row).toMatchObject({ version: 4 });
  expect(row?.full_transcript.map(({ text }) => text)).toContain('mended');
  expect(await system.store.verifyCall(call)).toEqual({ ok: true });
});

test('the letter of a call whose log has expired can’t be replayed, and is kept', async () => {
  await appendWithDamage('CA-expired-letter');
  await system.start({ keepKeysMs: 1 });
  const [letter] = await waitUntil(
    async () => {
      const letters = await system.letters.list();
      return letters[0] !== undefined && (await system.timesToLive(letters[0].call)).length === 0 && letters;
    },
    { what: 'the letter lies there and the log has expired' },
  );
  if (letter === undefined) throw new Error('no letter');

  expect(await system.letters.replay(letter)).toBe(false);
  expect(await system.letters.list()).toEqual([letter]);
});

test('nothing is acknowledged while its dead letter can’t be written', async () => {
  let isBroken = true;
  const letters = new DeadLetters(system.redis, system.space);
  const call = await appendWithDamage('CA-no-letter');
  const { log } = await system.start({
    letters: {
      add: async (letter, entryIds) => {
        if (isBroken) throw new Error('OOM command not allowed');
        await letters.add(letter, entryIds);
      },
    },
  });

  await log.waitFor('a dead letter could not be written');
  expect(await system.feedLength()).toBe(1);
  expect(await system.store.readCall(call)).toBeUndefined();

  isBroken = false;
  await system.settled();
  expect(await system.letters.list()).toHaveLength(1);
  expect(await system.store.readCall(call)).toMatchObject({ version: 3 });
});

test('a call that fails for an unknown reason holds up no other, and is not dead-lettered at once', async () => {
  const [bad, good] = [callOf('CA-unknown'), callOf('CA-known')];
  let isBroken = true;
  const { log } = await system.start((store) => ({
    store: {
      ...store,
      writeCalls: (batch) => {
        const isHit = batch.some(({ row }) => row.call_sid === bad.callSid);
        return isBroken && isHit ? Promise.reject(new TypeError('a bug')) : store.writeCalls(batch);
      },
    },
  }));
  await append(system, bad, wholeCall('Hello'));
  await append(system, good, wholeCall('Hello'));

  await waitUntil(() => system.store.readCall(good), { what: 'the other call is persisted' });
  await log.waitFor('Failed to persist session to database');
  await waitUntil(async () => (await system.feedLength()) === 1, { what: 'the other call is acknowledged' });
  expect(await system.letters.list()).toEqual([]);

  isBroken = false;
  await system.settled();
  expect(await system.store.readCall(bad)).toMatchObject({ version: 4 });
});

/** A stream does not accept an entry at its old position, so the log is written anew. */
async function replaceEntry(callSid: string, seq: number, text: string): Promise<void> {
  const { log } = callKeys(system.space, callOf(callSid));
  const entries = await system.redis.xrange(log, '-', '+');
  const pipeline = system.redis.pipeline().del(log);
  for (const [id, fields] of entries)
    pipeline.xadd(log, id, 'e', id === `${seq}-0` ? text : (fields[1] ?? ''));
  await pipeline.exec();
}

function mendedTurn(callSid: string, id = 'mended'): string {
  return JSON.stringify({
    v: 1,
    id,
    type: 'turn.completed',
    tenant: 'default',
    callSid,
    source: 'c1',
    at: '2026-01-25T11:16:00.000Z',
    data: { speaker: 'user', text: 'mended' },
  });
}

test.each(['log', 'head'] as const)(
  'a call whose %s is broken when it is read holds up no other',
  async (part) => {
    const [bad, good, later] = ['bad', 'good', 'later'].map((name) => callOf(`CA-${part}-${name}`));
    for (const call of [bad, good]) if (call) await append(system, call, wholeCall('Hello'));
    if (bad) await system.redis.set(callKeys(system.space, bad)[part], 'no log');

    const { counted } = await system.start();
    for (const call of [good, later]) {
      if (!call) continue;
      if (call === later) await append(system, call, wholeCall('Hello'));
      await waitUntil(() => system.store.readCall(call), { what: `${call.callSid} is persisted` });
    }
    expect(await counted('deferred')).toBeGreaterThan(0);
    expect(bad && (await system.store.readCall(bad))).toBeUndefined();
  },
);

test('a call that breaks between its commit and its acknowledgement holds up no other', async () => {
  const [bad, good, later] = [callOf('CA-breaks'), callOf('CA-beside'), callOf('CA-later')];
  for (const call of [bad, good]) await append(system, call, wholeCall('Hello'));
  const { head } = callKeys(system.space, bad);
  const { counted } = await system.start((store) => ({
    store: {
      ...store,
      writeCalls: async (batch) => {
        const outcomes = await store.writeCalls(batch);
        if (batch.some(({ row }) => row.call_sid === bad.callSid)) await system.redis.set(head, 'no hash');
        return outcomes;
      },
    },
  }));
  await waitUntil(async () => (await counted('deferred')) > 0, { what: 'it could not be settled' });
  await append(system, later, wholeCall('Hello'));
  await waitUntil(() => system.store.readCall(later), { what: 'the next call is persisted' });
  expect(await system.redis.hget(callKeys(system.space, good).head, 'persisted')).toBe('4');
});
