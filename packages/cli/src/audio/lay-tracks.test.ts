import { describe, expect, it } from '@jest/globals';
import type { AudioBatch } from '@turnlog/call-log';
import { readWav } from '@turnlog/exotel';
import { layTracks, renderWav } from './lay-tracks.ts';

const SAMPLE_RATE = 8_000;

/** A millisecond is eight samples of this value. */
function batch(value: number, changes: Partial<AudioBatch> & { ms?: number } = {}): AudioBatch {
  const { ms = 1, ...rest } = changes;
  const pcm = Buffer.alloc(ms * 16);
  for (let offset = 0; offset < pcm.length; offset += 2) pcm.writeInt16LE(value, offset);
  return { track: 'inbound', sampleRate: SAMPLE_RATE, offsetMs: 0, connectionId: 'c1', ...rest, pcm };
}

/** The first sample of each millisecond. */
function samples(pcm: Buffer | undefined): number[] {
  if (pcm === undefined) return [];
  return Array.from({ length: pcm.length / 16 }, (_, ms) => pcm.readInt16LE(ms * 16));
}

describe('layTracks', () => {
  it('puts batches at their time, with silence between them', () => {
    const { inbound, outbound } = layTracks([
      batch(1),
      batch(2, { offsetMs: 3 }),
      batch(9, { track: 'outbound', offsetMs: 1 }),
    ]);
    expect(samples(inbound)).toEqual([1, 0, 0, 2]);
    expect(samples(outbound)).toEqual([0, 9]);
  });

  it('plays the connections of a call one after the other', () => {
    const { inbound } = layTracks([batch(1, { ms: 2 }), batch(2, { connectionId: 'c2', offsetMs: 1 })]);
    expect(samples(inbound)).toEqual([1, 1, 0, 2]);
  });

  it('refuses different rates', () => {
    expect(() => layTracks([batch(1), batch(2, { track: 'outbound', sampleRate: 16_000 })])).toThrow(
      'rates of 8000 and 16000 Hz: write one track, with --track',
    );
  });
});

describe('renderWav', () => {
  it('writes one track in mono', () => {
    const tracks = layTracks([batch(7)]);
    expect(readWav(renderWav(tracks))).toEqual({ pcm: tracks.inbound, sampleRate: SAMPLE_RATE });
  });

  it('writes two tracks in stereo, the shorter one followed by silence', () => {
    const wav = renderWav(layTracks([batch(1, { ms: 2 }), batch(9, { track: 'outbound' })]));
    const header = {
      channels: wav.readUInt16LE(22),
      byteRate: wav.readUInt32LE(28),
      frame: wav.readUInt16LE(32),
    };
    expect(header).toEqual({ channels: 2, byteRate: 32_000, frame: 4 });
    const sampleAt = (frame: number) => [wav.readInt16LE(44 + frame * 4), wav.readInt16LE(46 + frame * 4)];
    expect([sampleAt(0), sampleAt(8)]).toEqual([
      [1, 9],
      [1, 0],
    ]);
  });
});
