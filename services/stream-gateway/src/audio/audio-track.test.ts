import { expect, test } from '@jest/globals';
import { decodeAudio, type AudioCodec } from '@turnlog/exotel';
import fc from 'fast-check';
import { AudioTrack, decodeInto } from './audio-track.ts';
import { BufferPool } from './buffer-pool.ts';

function trackOf(batchMs = 100, codec: AudioCodec = 'pcm16') {
  const batches: { pcm: Buffer; offsetMs: number }[] = [];
  const pool = new BufferPool();
  const track = new AudioTrack({
    sampleRate: 8000,
    codec,
    batchMs,
    pool,
    emit: ({ pcm, offsetMs, buffer }) => {
      batches.push({ pcm: Buffer.from(pcm), offsetMs });
      pool.giveBack(buffer);
    },
  });
  const add = (bytes: Buffer, positionMs = 0) => {
    const payload = bytes.toString('base64');
    return track.add(payload, bytes.length, { positionMs, nowMs: 0 });
  };
  return { track, batches, add };
}

test('audio is unchanged, whatever the sizes of its frames', () => {
  fc.assert(
    fc.property(
      fc.array(fc.nat(3000), { maxLength: 30 }),
      fc.integer({ min: 20, max: 500 }),
      (sizes, batchMs) => {
        const { track, batches, add } = trackOf(batchMs);
        const frames = sizes.map((size, index) => Buffer.alloc(size * 2, index + 1));
        for (const frame of frames) add(frame);
        track.flush();
        expect(Buffer.concat(batches.map(({ pcm }) => pcm)).equals(Buffer.concat(frames))).toBe(true);
        let endMs = 0;
        for (const { pcm, offsetMs } of batches) {
          expect(offsetMs).toBe(Math.round(endMs));
          endMs += pcm.length / 16;
        }
      },
    ),
    { numRuns: 100 },
  );
});

test('half a sample is dropped, and a frame that is not audio adds nothing', () => {
  const { track, batches, add } = trackOf();
  expect(add(Buffer.alloc(23, 1))).toBe(22);
  expect(track.add('AAA*AAAA', 6, { positionMs: 0, nowMs: 0 })).toBe('invalid_base64');
  expect(add(Buffer.from('{"event":"media"}'))).toBe('payload_is_json');
  add(Buffer.alloc(2, 2));
  track.flush();
  expect(batches.map(({ pcm }) => pcm)).toEqual([Buffer.concat([Buffer.alloc(22, 1), Buffer.alloc(2, 2)])]);
});

test('a pause starts a batch at its own position, and jitter does not', () => {
  const { track, batches, add } = trackOf(1000);
  add(Buffer.alloc(160, 1), 0);
  add(Buffer.alloc(160, 2), 60);
  add(Buffer.alloc(160, 3), 900);
  track.flush();
  expect(batches.map(({ offsetMs, pcm }) => [offsetMs, pcm.length])).toEqual([
    [0, 320],
    [900, 160],
  ]);
});

test('decoding into a buffer agrees with decodeAudio on any text', () => {
  const target = Buffer.alloc(4096);
  const base64 = fc.uint8Array({ maxLength: 60 }).map((bytes) => Buffer.from(bytes).toString('base64'));
  fc.assert(
    fc.property(fc.oneof(base64, fc.string({ unit: 'binary', maxLength: 60 }), fc.json()), (payload) => {
      const expected = decodeAudio(payload);
      const digits = payload.replace(/={1,2}$/, '').length;
      if (digits % 4 === 1) return;
      const byteLength = Math.floor((digits * 3) / 4);
      const bytes = decodeInto(target, 7, payload, byteLength);
      if (!expected.ok) expect(bytes).toBe(expected.reason);
      else {
        expect(bytes).toBe(byteLength);
        expect(target.subarray(7, 7 + expected.pcm.length).equals(expected.pcm)).toBe(true);
      }
    }),
    { numRuns: 500 },
  );
});

test('μ-law becomes 16-bit PCM, whatever the sizes of its frames', () => {
  const { track, batches, add } = trackOf(100, 'mulaw');
  for (const size of [160, 1, 333, 900, 7]) expect(add(Buffer.alloc(size, 0x80))).toBe(2 * size);
  track.flush();
  const pcm = Buffer.concat(batches.map((batch) => batch.pcm));
  expect(pcm).toHaveLength(2 * (160 + 1 + 333 + 900 + 7));
  const samples = Array.from({ length: pcm.length / 2 }, (_, index) => pcm.readInt16LE(2 * index));
  expect(new Set(samples)).toEqual(new Set([32_124]));
  expect(batches.at(-1)?.offsetMs).toBeLessThan(176);
});

test('a frame of μ-law that is not base64 leaves earlier audio unchanged', () => {
  const { track, batches, add } = trackOf(1_000, 'mulaw');
  add(Buffer.alloc(160, 0xff));
  expect(track.add('*'.repeat(160), 120, { positionMs: 0, nowMs: 0 })).toBe('invalid_base64');
  track.flush();
  expect(Buffer.concat(batches.map((batch) => batch.pcm))).toEqual(Buffer.alloc(320));
});
