import type { AudioBatch, AudioTrack } from '@turnlog/call-log';
import { bytesOfDuration, durationMs, writeWav } from '@turnlog/exotel';
import { CommandError } from '../command-error.ts';

const BYTES_PER_SAMPLE = 2;

/** The tracks of a call from its beginning, as 16-bit mono PCM. A track without audio is missing. */
export interface Tracks {
  readonly sampleRate: number;
  readonly inbound: Buffer | undefined;
  readonly outbound: Buffer | undefined;
}

/**
 * Lays batches at their time, with silence between them. Each connection counts from its own start;
 * connections follow each other in the order of their audio. Throws a `CommandError` if the rates differ.
 */
export function layTracks(batches: readonly AudioBatch[]): Tracks {
  const [sampleRate, ...others] = new Set(batches.map((batch) => batch.sampleRate));
  if (sampleRate === undefined) throw new CommandError('There is no audio of that track.');
  if (others.length > 0) {
    const rates = [sampleRate, ...others].join(' and ');
    throw new CommandError(`The audio of this call has rates of ${rates} Hz: write one track, with --track.`);
  }
  const beginnings = connectionBeginnings(batches);
  const lay = (track: AudioTrack): Buffer | undefined => {
    const ofTrack = batches.filter((batch) => batch.track === track);
    return ofTrack.length === 0 ? undefined : layOne(ofTrack, beginnings);
  };
  return { sampleRate, inbound: lay('inbound'), outbound: lay('outbound') };
}

/** A WAV of the tracks: stereo if there are two. */
export function renderWav({ sampleRate, inbound, outbound }: Tracks): Buffer {
  if (inbound === undefined || outbound === undefined) {
    return writeWav(inbound ?? outbound ?? Buffer.of(), sampleRate);
  }
  const wav = writeWav(interleave(inbound, outbound), sampleRate);
  // The header is for mono: set two channels, and twice as many bytes a second and a sample.
  wav.writeUInt16LE(2, 22);
  wav.writeUInt32LE(sampleRate * 2 * BYTES_PER_SAMPLE, 28);
  wav.writeUInt16LE(2 * BYTES_PER_SAMPLE, 32);
  return wav;
}

/** When each connection begins, in ms of the whole. */
function connectionBeginnings(batches: readonly AudioBatch[]): Map<string, number> {
  const lengths = new Map<string, number>();
  for (const batch of batches) {
    const endMs = batch.offsetMs + durationMs(batch.pcm.length, batch.sampleRate);
    lengths.set(batch.connectionId, Math.max(lengths.get(batch.connectionId) ?? 0, endMs));
  }
  const beginnings = new Map<string, number>();
  let nextMs = 0;
  for (const [connectionId, lengthMs] of lengths) {
    beginnings.set(connectionId, nextMs);
    nextMs += lengthMs;
  }
  return beginnings;
}

function layOne(batches: readonly AudioBatch[], beginnings: ReadonlyMap<string, number>): Buffer {
  const placed = batches.map(({ connectionId, offsetMs, sampleRate, pcm }) => ({
    start: bytesOfDuration((beginnings.get(connectionId) ?? 0) + offsetMs, sampleRate),
    pcm,
  }));
  const track = Buffer.alloc(Math.max(...placed.map(({ start, pcm }) => start + pcm.length)));
  for (const { start, pcm } of placed) pcm.copy(track, start);
  return track;
}

function interleave(left: Buffer, right: Buffer): Buffer {
  const samples = Math.max(left.length, right.length) / BYTES_PER_SAMPLE;
  const both = Buffer.alloc(samples * 2 * BYTES_PER_SAMPLE);
  for (const [channel, track] of [left, right].entries()) {
    for (let offset = 0; offset < track.length; offset += BYTES_PER_SAMPLE) {
      both.writeInt16LE(track.readInt16LE(offset), offset * 2 + channel * BYTES_PER_SAMPLE);
    }
  }
  return both;
}
