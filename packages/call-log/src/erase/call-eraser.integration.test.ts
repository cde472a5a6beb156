import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { callOf, ended, openTestLog, ordered, started, turn, unordered } from '../call-log.test-support.ts';
import { AudioStreams } from '../audio/audio-stream.ts';
import { DeadLetters } from '../dead-letters/dead-letters.ts';
import { callKeys, partitionKeys } from '../keys.ts';
import { createCommitter } from '../commit/commit-calls.ts';
import { createCallEraser } from './call-eraser.ts';

const HOUR_MS = 3_600_000;

let log: Awaited<ReturnType<typeof openTestLog>>;
beforeAll(async () => (log = await openTestLog({ partitions: 1 })));
afterAll(() => log.close());

const letterOf = (callSid: string) => ({
  ...{ call: callOf(callSid), kind: 'call' as const, seq: 1, reason: '22P05', detail: '' },
  ...{ original: 'said', atMs: 1 },
});

async function fillCall(callSid: string): Promise<void> {
  const call = callOf(callSid);
  await log.appender.append(ordered(call, 'c', 1, [started('c'), turn('said'), ended('c')]));
  await log.redis.hset(callKeys(log.space, call).session, 'seq', 1);
  await log.redis.rpush(callKeys(log.space, call).turns, 'said');
  const batch = {
    track: 'inbound',
    sampleRate: 8000,
    pcm: Buffer.alloc(2),
    offsetMs: 0,
    connectionId: 'c',
  } as const;
  await new AudioStreams(log.redis, log.space).append([{ call, batch }], {
    maxBatches: 9,
    keepMs: HOUR_MS,
  });
  await new DeadLetters(log.redis, log.space).add(letterOf(callSid), []);
}

const textsOf = async (stream: string): Promise<string> =>
  JSON.stringify(await log.redis.xrange(stream, '-', '+'));

test('an erased call leaves only an erasure marker, and its neighbour keeps everything', async () => {
  await fillCall('erased');
  await fillCall('neighbour');
  const { activity, persist, dead } = partitionKeys(log.space, 0);
  const erased = await createCallEraser(log.redis, log.space).erase(callOf('erased'), HOUR_MS);
  expect(erased).toEqual({ outcome: 'erased', keys: 5, entries: 2, letters: 1 });

  const keys = await log.redis.keys(`${log.space.prefix}*erased*`);
  expect(keys).toEqual([callKeys(log.space, callOf('erased')).head]);
  expect(await log.redis.hgetall(keys[0] ?? '')).toEqual({ erased: '1' });
  expect(await log.redis.pttl(keys[0] ?? '')).toBeGreaterThan(HOUR_MS / 2);
  for (const stream of [activity, persist, dead]) {
    const texts = await textsOf(stream);
    expect(texts).not.toContain('default/erased');
    expect(texts).toContain('default/neighbour');
  }
});

test('a later append to it, of any kind, is refused and leaves no trace', async () => {
  await fillCall('late');
  const eraser = createCallEraser(log.redis, log.space);
  await eraser.erase(callOf('late'), HOUR_MS);
  const refused = { status: 'refused', reason: 'call_erased' };
  const again = ordered(callOf('late'), 'c', 1, [started('c'), turn('said'), ended('c')]);
  expect(await log.appender.append(again)).toMatchObject({ results: [refused, refused, refused] });
  expect(await log.appender.append(ordered(callOf('late'), 'c', 9, [turn('x')]))).toMatchObject({
    results: [refused],
  });
  expect(await log.appender.append(unordered(callOf('late'), ['t9', ...turn('x')]))).toMatchObject({
    results: [refused],
  });
  await new DeadLetters(log.redis, log.space).add(letterOf('late'), []);
  await createCommitter(
    log.redis,
    log.space,
    HOUR_MS,
  )([{ call: callOf('late'), epoch: 'of before', seq: 3, entryIds: [] }]);
  expect(await eraser.erase(callOf('late'), HOUR_MS)).toEqual({
    outcome: 'erased',
    keys: 0,
    entries: 0,
    letters: 0,
  });
});

test('its entries that a reader received are acknowledged', async () => {
  await fillCall('pending');
  const { persist } = partitionKeys(log.space, 0);
  await log.redis.xgroup('CREATE', persist, 'persister', '0');
  await log.redis.xreadgroup('GROUP', 'persister', 'w', 'STREAMS', persist, '>');
  const [before] = (await log.redis.xpending(persist, 'persister')) as [number];
  await createCallEraser(log.redis, log.space).erase(callOf('pending'), HOUR_MS);
  expect((await log.redis.xpending(persist, 'persister'))[0]).toBe(before - 1);
});

test('a call in progress is left alone', async () => {
  await log.appender.append(ordered(callOf('live'), 'c', 1, [started('c'), turn('said')]));
  const eraser = createCallEraser(log.redis, log.space);
  expect(await eraser.erase(callOf('live'), HOUR_MS)).toEqual({ outcome: 'live' });
  expect(await log.redis.exists(callKeys(log.space, callOf('live')).log)).toBe(1);
  const logged = [];
  for await (const { callSid } of eraser.calls()) {
    if (await log.redis.exists(callKeys(log.space, callOf(callSid)).log)) logged.push(callSid);
  }
  expect(logged.sort()).toEqual(['live', 'neighbour']);
  expect([await eraser.isLive(callOf('live')), await eraser.isLive(callOf('neighbour'))]).toEqual([
    true,
    false,
  ]);
});
