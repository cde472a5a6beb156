import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { callOf, openTestLog } from '../call-log.test-support.ts';
import { callKeys } from '../keys.ts';
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
  for (const each of sent) await audio.append(callOf('both'), each, { maxBatches: 100, keepMs: 60_000 });
  expect(await audio.read(callOf('both'))).toEqual(sent);
  expect(await log.redis.pttl(callKeys(log.space, callOf('both')).audio)).toBeGreaterThan(0);
});

test('the stream is bounded: the oldest batches are dropped', async () => {
  const audio = createAudioStreams(log.redis, log.space);
  for (let n = 0; n < 400; n += 1)
    await audio.append(callOf('long'), batch(n), { maxBatches: 50, keepMs: 60_000 });
  const kept = await audio.read(callOf('long'));
  expect(kept.length).toBeLessThan(200);
  expect(kept.at(-1)).toEqual(batch(399));
});
