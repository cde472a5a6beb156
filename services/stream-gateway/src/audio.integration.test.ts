import { expect, test } from '@jest/globals';
import { AudioStreams } from '@turnlog/call-log';
import { placeCall } from '@turnlog/exotel-simulator';
import { waitUntil } from '@turnlog/test-kit';
import { dial } from './testing/bare-socket.ts';
import { framesOf } from './testing/frames.ts';
import { eventOf, typesOf } from './testing/test-gateway.ts';
import { openGateway } from './testing/open.ts';

test('both tracks are at their positions in the audio stream, byte for byte', async () => {
  const gateway = await openGateway({ AUDIO_BATCH_MS: '250' });
  const frames = framesOf();
  const socket = await dial(gateway.url);
  const payloads = Array.from({ length: 20 }, (_, index) => index + 1);
  socket.send(frames.start, ...payloads.map((fill) => frames.media(100, fill)));
  socket.send(frames.stop);
  socket.socket.close();
  await gateway.eventsUntil(frames.callSid, 'call.ended');
  const streams = new AudioStreams(gateway.redis, gateway.space);
  const batches = await waitUntil(
    async () => {
      const read = await streams.read({ tenant: 'default', callSid: frames.callSid });
      return read.reduce((sum, { pcm }) => sum + pcm.length, 0) === 32_000 && read;
    },
    { what: 'all audio is written' },
  );
  expect(Buffer.concat(batches.map(({ pcm }) => pcm))).toEqual(
    Buffer.concat(payloads.map((fill) => Buffer.alloc(1600, fill))),
  );
  expect(batches.map(({ offsetMs }) => offsetMs)).toEqual([
    0, 200, 400, 600, 800, 1000, 1200, 1400, 1600, 1800,
  ]);
  expect(batches.every(({ track, sampleRate }) => track === 'inbound' && sampleRate === 8000)).toBe(true);
});

test('waiting audio is written when its batch is due, although no frame follows', async () => {
  const gateway = await openGateway({ AUDIO_BATCH_MS: '300' });
  const frames = framesOf();
  const socket = await dial(gateway.url);
  socket.send(frames.start, frames.media(20));
  const streams = new AudioStreams(gateway.redis, gateway.space);
  const batches = await waitUntil(
    async () => {
      const read = await streams.read({ tenant: 'default', callSid: frames.callSid });
      return read.length > 0 && read;
    },
    { what: 'the audio is written' },
  );
  expect(batches[0]?.pcm.length).toBe(320);
  socket.socket.terminate();
});

test('a second of μ-law is stored as a second of 16-bit PCM, and the record has its encoding', async () => {
  const gateway = await openGateway({ AUDIO_BATCH_MS: '100' });
  const callSid = 'CA-mulaw';
  const socket = await dial(`${gateway.url}/`);
  const format = { encoding: 'audio/x-mulaw', sample_rate: '8000' };
  socket.send(JSON.stringify({ event: 'start', start: { call_sid: callSid, media_format: format } }));
  const payload = Buffer.alloc(160, 0x80).toString('base64');
  for (let n = 0; n < 50; n += 1) socket.send(JSON.stringify({ event: 'media', media: { payload } }));
  socket.send(JSON.stringify({ event: 'stop' }));
  const events = await gateway.eventsUntil(callSid, 'call.ended');
  expect(eventOf(events, 'call.started').data.encoding).toBe('audio/x-mulaw');
  expect(eventOf(events, 'audio.summarised').data).toMatchObject({
    ...{ encoding: 'mulaw', inboundBytes: 16_000, inboundMs: 1_000, frames: 50 },
  });
  const streams = new AudioStreams(gateway.redis, gateway.space);
  const pcm = await waitUntil(
    async () => {
      const read = await streams.read({ tenant: 'default', callSid });
      const whole = Buffer.concat(read.map((batch) => batch.pcm));
      return whole.length === 16_000 && whole;
    },
    { what: 'all audio is written' },
  );
  expect(new Set(Array.from({ length: 8_000 }, (_, index) => pcm.readInt16LE(2 * index)))).toEqual(
    new Set([32_124]),
  );
});

test('audio in an unknown encoding is logged and counted', async () => {
  const gateway = await openGateway();
  const socket = await dial(gateway.url.replace('/exotel/stream', '/media/'));
  const start = { call_sid: 'CA-opus', media_format: { encoding: 'audio/opus' } };
  socket.send(JSON.stringify({ event: 'start', start }), JSON.stringify({ event: 'stop' }));
  await gateway.eventsUntil('CA-opus', 'call.ended');
  expect(gateway.logLines.filter(({ kind }) => kind === 'unknown_encoding')).toHaveLength(1);
  await waitUntil(async () => (await gateway.metric('gateway_unknown_encodings_total')) === 1, {
    what: 'it is counted',
  });
});

test('with AUDIO=off audio is counted and not kept', async () => {
  const gateway = await openGateway({ AUDIO: 'off' });
  const call = placeCall({ url: gateway.url, audio: 1, pace: 'flat-out' });
  const events = await gateway.eventsUntil(call.callSid, 'call.ended');
  expect(eventOf(events, 'audio.summarised').data.inboundMs).toBe(1000);
  expect(await gateway.redis.keys(`${gateway.space.prefix}*audio`)).toEqual([]);
});

test('if the Redis for audio is unavailable, a call loses only its audio', async () => {
  const gateway = await openGateway({ AUDIO_REDIS_URL: 'redis://127.0.0.1:1', AUDIO_BATCH_MS: '100' });
  const frames = framesOf();
  const socket = await dial(gateway.url);
  socket.send(frames.start, frames.media(100), frames.media(100), frames.dtmf('1'));
  await waitUntil(async () => (await gateway.metric('gateway_audio_dropped_bytes_total')) === 3200, {
    what: 'it is counted',
  });
  socket.send(frames.stop);
  const events = await gateway.eventsUntil(frames.callSid, 'call.ended');
  expect(typesOf(events)).toEqual(['call.started', 'dtmf.pressed', 'audio.summarised', 'call.ended']);
  expect(eventOf(events, 'audio.summarised').data).toMatchObject({ inboundBytes: 3200, droppedBytes: 3200 });
});
