import { once } from 'node:events';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { startRedisForTest, testRedisUrl } from '@turnlog/test-kit';
import { callOf, openTestLog } from '../call-log.test-support.ts';
import { callKeys } from '../keys.ts';
import { createCommandClient, untilReady } from '@turnlog/redis-kit';
import { AudioStreams, type AudioBatch } from './audio-stream.ts';

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

test('audio is read byte for byte, both tracks, in the order in which it was sent', async () => {
  const audio = new AudioStreams(log.redis, log.space);
  const sent = [batch(0), batch(0, 'outbound'), batch(500)];
  const together = sent.map((each) => ({ call: callOf('both'), batch: each }));
  expect(await audio.append(together, { maxBatches: 100, keepMs: 60_000 })).toEqual({
    fates: ['written', 'written', 'written'],
    isMemoryKnown: true,
  });
  expect(await audio.read(callOf('both'))).toEqual(sent);
  expect(await log.redis.pttl(callKeys(log.space, callOf('both')).audio)).toBeGreaterThan(0);
});

test('the stream is bounded: the oldest batches are dropped', async () => {
  const audio = new AudioStreams(log.redis, log.space);
  for (let n = 0; n < 400; n += 1)
    await audio.append([{ call: callOf('long'), batch: batch(n) }], { maxBatches: 50, keepMs: 60_000 });
  const kept = await audio.read(callOf('long'));
  expect(kept.length).toBeLessThan(200);
  expect(kept.at(-1)).toEqual(batch(399));
});

test('audio renews the expiry of its stream, and so does the end of the connection', async () => {
  let nowMs = 0;
  const call = callOf('kept');
  const limits = { maxBatches: 50, keepMs: 60_000 };
  const audio = new AudioStreams(log.redis, log.space, () => nowMs);
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

test('a stream that Redis lost starts again with an expiry', async () => {
  const audio = new AudioStreams(log.redis, log.space);
  const call = callOf('lost');
  const key = callKeys(log.space, call).audio;
  const limits = { maxBatches: 50, keepMs: 60_000 };
  await audio.append([{ call, batch: batch(0) }], limits);
  await log.redis.del(key);
  await audio.append([{ call, batch: batch(500) }], limits);
  expect(await log.redis.pttl(key)).toBeGreaterThan(0);
});

test('a batch that cannot be written does not block the others', async () => {
  const audio = new AudioStreams(log.redis, log.space);
  await log.redis.set(callKeys(log.space, callOf('broken')).audio, 'no stream');
  const batches = ['first', 'broken', 'last'].map((name) => ({ call: callOf(name), batch: batch(0) }));
  const limits = { maxBatches: 50, keepMs: 60_000 };
  expect((await audio.append(batches, limits)).fates).toEqual(['written', 'failed', 'written']);
  expect(await audio.read(callOf('first'))).toEqual([batch(0)]);
  expect(await audio.read(callOf('last'))).toEqual([batch(0)]);
  await log.redis.del(callKeys(log.space, callOf('broken')).audio);
});

test('nothing is written above its share of the memory', async () => {
  const server = await startRedisForTest({ extraArgs: ['--maxmemory', '48mb'] });
  const client = createCommandClient({ url: server.url, name: 'audio', onError: () => undefined });
  try {
    await untilReady(client);
    const audio = new AudioStreams(client, log.space);
    const limits = { maxBatches: 50, keepMs: 60_000, memoryShare: 0.5 };
    const append = () => audio.append([{ call: callOf('crowded'), batch: batch(0) }], limits);
    expect(await append()).toEqual({ fates: ['written'], isMemoryKnown: true });
    const megabytes = Array.from({ length: 24 }, (_, index) => `of the record ${index}`);
    for (const key of megabytes) await client.set(key, Buffer.alloc(1024 * 1024));
    expect(await append()).toEqual({ fates: ['no_room'], isMemoryKnown: true });
    await client.del(...megabytes);
    expect(await append()).toEqual({ fates: ['written'], isMemoryKnown: true });
    expect(await audio.read(callOf('crowded'))).toHaveLength(2);
  } finally {
    client.disconnect();
    await server.close();
  }
});

test('a user who may not ask for the memory use writes, and reports that it is unknown', async () => {
  await log.redis.call('ACL', 'SETUSER', 'blind', 'on', 'nopass', '~*', '+@all', '-info', '-xrevrange');
  const url = new URL(testRedisUrl());
  url.username = 'blind';
  url.password = 'any';
  const client = createCommandClient({ url: url.href, name: 'audio', onError: () => undefined });
  try {
    await untilReady(client);
    const limits = { maxBatches: 50, keepMs: 60_000, memoryShare: 0.000_001, maxCallBytes: 1_000 };
    const together = [{ call: callOf('blind'), batch: batch(0) }];
    const audio = new AudioStreams(client, log.space);
    expect(await audio.append(together, limits)).toEqual({ fates: ['written'], isMemoryKnown: false });
  } finally {
    client.disconnect();
    await log.redis.call('ACL', 'DELUSER', 'blind');
  }
});

test('a call gets no more than its budget, whichever gateway writes', async () => {
  const limits = { maxBatches: 50, keepMs: 60_000, maxCallBytes: 12 };
  const twice = () => [0, 500].map((offsetMs) => ({ call: callOf('talkative'), batch: batch(offsetMs) }));
  const fatesOf = async () => (await new AudioStreams(log.redis, log.space).append(twice(), limits)).fates;
  expect(await fatesOf()).toEqual(['written', 'written']);
  expect(await fatesOf()).toEqual(['written', 'call_full']);
  expect(await fatesOf()).toEqual(['call_full', 'call_full']);
  expect(await new AudioStreams(log.redis, log.space).read(callOf('talkative'))).toHaveLength(3);
});

test('a client that appends audio to a server that has become read-only reconnects', async () => {
  const server = await startRedisForTest();
  const client = createCommandClient({ url: server.url, name: 'audio', onError: () => undefined });
  try {
    await untilReady(client);
    await client.call('REPLICAOF', '127.0.0.1', '1');
    const leaves = once(client, 'close');
    const together = [1, 2].map((n) => ({ call: callOf(`read-only-${n}`), batch: batch(0) }));
    const limits = { maxBatches: 50, keepMs: 60_000 };
    await expect(new AudioStreams(client, log.space).append(together, limits)).rejects.toThrow(/^READONLY/);
    await leaves;
  } finally {
    client.disconnect();
    await server.close();
  }
});
