import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { callOf, ended, openTestLog, ordered, started, turn } from '../call-log.test-support.ts';
import { callKeys, partitionKeys, partitionOf } from '../keys.ts';
import { createCommitter } from '../commit/commit-calls.ts';
import { DeadLetters, type DeadLetter } from './dead-letters.ts';

let log: Awaited<ReturnType<typeof openTestLog>>;
beforeAll(async () => (log = await openTestLog({ partitions: 1 })));
afterAll(() => log.close());

function letterOf(callSid: string, more: Partial<DeadLetter> = {}): DeadLetter {
  return {
    call: callOf(callSid),
    kind: 'call',
    seq: 2,
    reason: '22P05',
    detail: 'unsupported Unicode escape sequence',
    original: '{"text":"\u0000\ud83d\ude00"}\n{"text":"✓"}',
    atMs: 1_769_339_725_120,
    ...more,
  };
}

test('a dead letter keeps the original bytes, and is found by its id', async () => {
  const letters = new DeadLetters(log.redis, log.space);
  await letters.add(letterOf('kept'), []);
  const [stored] = await letters.list();
  expect(stored).toMatchObject(letterOf('kept'));
  expect(await letters.get(stored?.id ?? '')).toEqual(stored);
});

test('the same dead letter is not written twice while it exists', async () => {
  const letters = new DeadLetters(log.redis, log.space);
  await log.appender.append(ordered(callOf('twice'), 'c', 1, [turn('a')]));
  await letters.add(letterOf('twice'), []);
  await letters.add(letterOf('twice'), []);
  await letters.add(letterOf('twice', { kind: 'event', seq: 1 }), []);
  expect((await letters.list()).filter(({ call }) => call.callSid === 'twice')).toHaveLength(2);
});

test('writing a dead letter acknowledges its entries in the same step', async () => {
  const { persist } = partitionKeys(log.space, 0);
  await log.redis.xgroup('CREATE', persist, 'persister', '0', 'MKSTREAM');
  const id = String(await log.redis.xadd(persist, '*', 'c', 'default/acknowledged', 's', 2, 'r', 'closed'));
  await log.redis.xreadgroup('GROUP', 'persister', 'w', 'STREAMS', persist, '>');
  await new DeadLetters(log.redis, log.space).add(letterOf('acknowledged'), [id]);
  expect([await log.redis.xlen(persist), (await log.redis.xpending(persist, 'persister'))[0]]).toEqual([
    0, 0,
  ]);
});

test('a replay requests the call again and removes the dead letter, once', async () => {
  const letters = new DeadLetters(log.redis, log.space);
  await log.appender.append(ordered(callOf('replayed'), 'c', 1, [turn('a')]));
  await letters.add(letterOf('replayed'), []);
  const stored = (await letters.list()).find(({ call }) => call.callSid === 'replayed');
  if (stored === undefined) throw new Error('the dead letter is missing');
  expect([await letters.replay(stored), await letters.replay(stored)]).toEqual([true, false]);
  expect(await letters.get(stored.id)).toBeUndefined();
  const entries = (await log.redis.xrange(partitionKeys(log.space, 0).persist, '-', '+')) as [
    string,
    string[],
  ][];
  expect(entries.at(-1)?.[1]).toEqual(['c', 'default/replayed', 's', '2', 'r', 'replay']);
});

test('a replayed dead letter is written again for later entries, and not for a request that arrives late', async () => {
  const letters = new DeadLetters(log.redis, log.space);
  const { persist } = partitionKeys(log.space, 0);
  const lettersThere = async () =>
    (await letters.list()).filter(({ call }) => call.callSid === 'late').map(({ seq }) => seq);
  await log.appender.append(ordered(callOf('late'), 'c', 1, [turn('a')]));
  const id = String(await log.redis.xadd(persist, '*', 'c', 'default/late', 's', 1, 'r', 'closed'));
  await letters.add(letterOf('late', { seq: 1 }), [id]);
  const stored = (await letters.list()).find(({ call }) => call.callSid === 'late');
  if (stored === undefined) throw new Error('the dead letter is missing');
  await letters.replay(stored);

  await letters.add(letterOf('late', { seq: 1 }), [id]);
  expect(await lettersThere()).toEqual([]);
  const again = String(await log.redis.xadd(persist, '*', 'c', 'default/late', 's', 1, 'r', 'replay'));
  await letters.add(letterOf('late', { seq: 1 }), [id, again]);
  expect(await lettersThere()).toEqual([1]);
});

test('a dead letter whose call has no log is not replayed, and stays', async () => {
  const letters = new DeadLetters(log.redis, log.space);
  await letters.add(letterOf('expired'), []);
  const stored = (await letters.list()).find(({ call }) => call.callSid === 'expired');
  if (stored === undefined) throw new Error('the dead letter is missing');
  expect(await letters.replay(stored)).toBe(false);
  expect(await letters.get(stored.id)).toEqual(stored);
});

test('a dead letter that points at its log keeps it from expiring until it is replayed', async () => {
  const letters = new DeadLetters(log.redis, log.space);
  const call = callOf('pointed-at');
  const outcome = await log.appender.append(ordered(call, 'c', 1, [started('c'), ended('c')]));
  const epoch = outcome.outcome === 'ok' ? outcome.epoch : '';
  const commit = () => createCommitter(log.redis, log.space, 60_000)([{ call, epoch, seq: 2, entryIds: [] }]);
  const keys = [callKeys(log.space, call).head, callKeys(log.space, call).log];
  const timesToLive = () => Promise.all(keys.map((key) => log.redis.pttl(key)));
  const pointer = { epoch, fromSeq: 1, toSeq: 2, bytes: 220_000_000 };
  const letter = letterOf('pointed-at', { original: '', log: pointer });
  // The dead letter may be written when the keys have started to expire.
  await commit();
  await letters.add(letter, []);
  await letters.add(letter, []);
  await commit();
  expect(await timesToLive()).toEqual([-1, -1]);

  const stored = (await letters.list()).find((each) => each.call.callSid === 'pointed-at');
  if (stored === undefined) throw new Error('the dead letter is missing');
  expect(stored).toMatchObject({ original: '', log: pointer });
  expect(await letters.replay(stored)).toBe(true);
  await commit();
  for (const ms of await timesToLive()) expect(ms).toBeGreaterThan(0);
});

test('dead letters of the other partitions are listed while a key is of another type, which is reported', async () => {
  const own = await openTestLog({ partitions: 4 });
  try {
    const letters = new DeadLetters(own.redis, own.space);
    let n = 0;
    while (partitionOf(own.space, callOf(`CA${n}`)) === 0) n += 1;
    await letters.add(letterOf(`CA${n}`), []);
    const { dead } = partitionKeys(own.space, 0);
    await own.redis.set(dead, 'foreign');
    const told: string[] = [];
    expect(await letters.list((key) => told.push(key))).toHaveLength(1);
    expect(told).toEqual([dead]);
    await expect(letters.list()).rejects.toThrow(/^WRONGTYPE/);
  } finally {
    own.close();
  }
});
