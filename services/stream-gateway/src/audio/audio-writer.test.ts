import { expect, test } from '@jest/globals';
import { type AppendedAudio, type AudioBatch, type CallAudio } from '@turnlog/call-log';
import { createLogger } from '@turnlog/service-kit';
import { sharedGuard } from '../call-guard.ts';
import { AudioWriter, type AudioDropReason } from './audio-writer.ts';

const MIB = 1024 * 1024;
const KEEP_MS = 600_000;
const call = { tenant: 'default', callSid: 'CA1' };
const batchOf = (bytes: number): AudioBatch => ({
  ...{ track: 'inbound', sampleRate: 8000, offsetMs: 0, connectionId: 'c' },
  pcm: Buffer.alloc(bytes),
});

/** A writer whose Redis gives this answer. */
function writerWith(answer: (batches: readonly CallAudio[]) => AppendedAudio | Promise<AppendedAudio>) {
  let nowMs = 1_000_000;
  const dropped: [AudioDropReason, number][] = [];
  const isKnown: boolean[] = [];
  const writer = new AudioWriter({
    guard: sharedGuard(createLogger({ service: 'test', destination: { write: () => undefined } })),
    streams: {
      append: (batches) => Promise.resolve(batches).then(answer),
      renew: () => Promise.resolve(),
    },
    limits: { maxBatches: 100, keepMs: KEEP_MS },
    now: () => nowMs,
    onDropped: (reason, bytes) => void dropped.push([reason, bytes]),
    onMemoryKnown: (known) => void isKnown.push(known),
  });
  const write = async (bytes: number): Promise<boolean> => {
    const done = new Promise<boolean>((resolve) => writer.write(call, batchOf(bytes), resolve));
    await writer.whenIdle();
    return done;
  };
  return { writer, write, dropped, isKnown, passMs: (ms: number) => void (nowMs += ms) };
}

test('audio that Redis does not store is dropped, with the reason', async () => {
  const fates = ['written', 'no_room', 'call_full', 'failed'] as const;
  let turn = 0;
  const { write, dropped } = writerWith(() => ({ fates: [fates[turn++] ?? 'failed'], isMemoryKnown: true }));
  const written = [await write(10), await write(20), await write(30), await write(40)];
  expect(written).toEqual([true, false, false, false]);
  expect(dropped).toEqual([
    ['no_room', 20],
    ['call_full', 30],
    ['failed', 40],
  ]);
});

test('if Redis is unavailable, the batch is dropped', async () => {
  const { write, dropped } = writerWith(() => Promise.reject(new Error('gone')));
  expect(await write(10)).toBe(false);
  expect(dropped).toEqual([['failed', 10]]);
});

test('if the memory use of Redis is unknown, at most 64 MiB are kept at once', async () => {
  const { write, dropped, isKnown, passMs } = writerWith((batches) => ({
    fates: batches.map(() => 'written' as const),
    isMemoryKnown: false,
  }));
  for (let n = 0; n < 64; n += 1) expect(await write(MIB)).toBe(true);
  expect(await write(MIB)).toBe(false);
  expect(dropped).toEqual([['no_room', MIB]]);
  expect(isKnown).toEqual([false]);
  passMs(2 * KEEP_MS);
  expect(await write(MIB)).toBe(true);
});

test('a call that throws when its batch is written does not affect the other calls of the write', async () => {
  const { writer } = writerWith((batches) => ({
    fates: batches.map(() => 'written' as const),
    isMemoryKnown: true,
  }));
  writer.write(call, batchOf(10), () => {
    throw new Error('a fault of this call');
  });
  const other = new Promise((resolve) => writer.write({ ...call, callSid: 'CA2' }, batchOf(20), resolve));
  expect(await other).toBe(true);
  await writer.whenIdle();
});
