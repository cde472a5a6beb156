import { once } from 'node:events';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { startRedisForTest } from '@turnlog/test-kit';
import { callOf, openTestLog } from '../call-log.test-support.ts';
import { callKeys } from '../keys.ts';
import { createCommandClient, untilReady } from '../redis/clients.ts';
import { createAudioStreams, type AudioBatch } from './audio-stream.ts';

let log: Awaited<ReturnType<typeof openTestLog>>;
beforeAll(async () => (log = await openTestLog()));
afterAll(() => log.close());

function batch(offsetMs: number, track: AudioBatch['track'] = 'inbound'): AudioBatch {
  return {
    track,
    sampleRate: 8000,
    offsetMs,
    connectionId: 'c',
    pcm: Buffer.from([0, 255, offsetMs % 256, 128]),
  };
}

test('audio comes back byte for byte, both tracks, in the order in which it was sent', async () => {
  const audio = createAudioStreams(log.redis, log.space);
  const sent = [batch(0), batch(0, 'outbound'), batch(500)];
  const together = sent.map((each) => ({ call: callOf('both'), batch: each }));
  expect(await audio.append(together, { maxBatches: 100, keepMs: 60_000 })).toEqual([true, true, true]);
  expect(await audio.read(callOf('both'))).toEqual(sent);
  expect(await log.redis.pttl(callKeys(log.space, callOf('both')).audio)).toBeGreaterThan(0);
});

test('the stream is bounded: the oldest batches are dropped', async () => {
  const audio = createAudioStreams(log.redis, log.space);
  for (let n = 0; n < 400; n += 1)
    await audio.append([{ call: callOf('long'), batch: batch(n) }], { maxBatches: 50, keepMs: 60_000 });
  const kept = await audio.read(callOf('long'));
  expect(kept.length).toBeLessThan(200);
  expect(kept.at(-1)).toEqual(batch(399));
});

test('the clock of the stream is started again while audio comes, and once more at the end', async () => {
  let nowMs = 0;
  const call = callOf('kept');
  const limits = { maxBatches: 50, keepMs: 60_000 };
  const audio = createAudioStreams(log.redis, log.space, () => nowMs);
  const left = () => log.redis.pttl(callKeys(log.space, call).audio);
  await audio.append([{ call, batch: batch(0) }], limits);
  await log.redis.pexpire(callKeys(log.space, call).audio, 20_000);
  nowMs = 5_999;
  await audio.append([{ call, batch: batch(500) }], limits);
  expect(await left()).toBeLessThanOrEqual(20_000);
  nowMs = 6_000;
  await audio.append([{ call, batch: batch(1_000) }], limits);
  expect(await left()).toBeGreaterThan(30_000);
  await log.redis.pexpire(callKeys(log.space, call).audio, 20_000);
  await audio.renew(call, limits);
  expect(await left()).toBeGreaterThan(30_000);
});

test('a stream that Redis has lost begins anew with an expiry', async () => {
  const audio = createAudioStreams(log.redis, log.space);
  const call = callOf('lost');
  const key = callKeys(log.space, call).audio;
  const limits = { maxBatches: 50, keepMs: 60_000 };
  await audio.append([{ call, batch: batch(0) }], limits);
  await log.redis.del(key);
  await audio.append([{ call, batch: batch(500) }], limits);
  expect(await log.redis.pttl(key)).toBeGreaterThan(0);
});

test('a batch that can’t be written keeps none of its neighbours out', async () => {
  const audio = createAudioStreams(log.redis, log.space);
  await log.redis.set(callKeys(log.space, callOf('broken')).audio, 'no stream');
  const batches = ['first', 'broken', 'last'].map((name) => ({ call: callOf(name), batch: batch(0) }));
  const limits = { maxBatches: 50, keepMs: 60_000 };
  expect(await audio.append(batches, limits)).toEqual([true, false, true]);
  expect(await audio.read(callOf('first'))).toEqual([batch(0)]);
  expect(await audio.read(callOf('last'))).toEqual([batch(0)]);
  await log.redis.del(callKeys(log.space, callOf('broken')).audio);
});

test('a client that appends audio on a server which takes no writes any more connects anew', async () => {
  const server = await startRedisForTest();
  const client = createCommandClient({ url: server.url, name: 'audio', onError: () => undefined });
  try {
    await untilReady(client);
    await client.call('REPLICAOF', '127.0.0.1', '1');
    const leaves = once(client, 'close');
    const together = [1, 2].map((n) => ({ call: callOf(`read-only-${n}`), batch: batch(0) }));
    const limits = { maxBatches: 50, keepMs: 60_000 };
    await expect(createAudioStreams(client, log.space).append(together, limits)).rejects.toThrow(/^READONLY/);
    await leaves;
  } finally {
    client.disconnect();
    await server.close();
  }
});
