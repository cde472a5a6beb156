import { type CallKey } from '@turnlog/call-events';
import { type Redis } from 'ioredis';
import { callKeys, type KeySpace } from '../keys.ts';

/** Which way the audio went: `inbound` is the caller's voice, `outbound` the agent's. */
export type AudioTrack = 'inbound' | 'outbound';

/** Some audio of one track: 16-bit little-endian PCM, mono. */
export interface AudioBatch {
  readonly track: AudioTrack;
  readonly sampleRate: number;
  readonly pcm: Buffer;
  /** Where it begins, in milliseconds since the connection's start. */
  readonly offsetMs: number;
  readonly connectionId: string;
}

/** Bounds of one call's audio stream. */
export interface AudioLimits {
  /** The most batches that are kept; the oldest are dropped beyond it. */
  readonly maxBatches: number;
  /** How long the stream is kept after its newest batch. */
  readonly keepMs: number;
}

/** Writes and reads the audio streams of calls. They may live on a Redis of their own. */
export function createAudioStreams(redis: Redis, space: KeySpace) {
  return {
    /** Appends a batch. Audio is not part of the record: a failed append is dropped and counted by the caller. */
    append: async (call: CallKey, batch: AudioBatch, { maxBatches, keepMs }: AudioLimits): Promise<void> => {
      const { audio } = callKeys(space, call);
      const replies = await redis
        .pipeline()
        .xadd(
          audio,
          'MAXLEN',
          '~',
          maxBatches,
          '*',
          't',
          batch.track,
          'r',
          batch.sampleRate,
          'o',
          batch.offsetMs,
          'c',
          batch.connectionId,
          'b',
          batch.pcm,
        )
        .pexpire(audio, keepMs)
        .exec();
      for (const [error] of replies ?? []) if (error !== null) throw error;
    },

    /** Reads all that is left of a call's audio, in the order in which it came. */
    read: async (call: CallKey): Promise<AudioBatch[]> => {
      const entries = await redis.xrangeBuffer(callKeys(space, call).audio, '-', '+');
      return entries.map(([, fields]) => toBatch(fields));
    },
  };
}

/** The audio streams of a key space. */
export type AudioStreams = ReturnType<typeof createAudioStreams>;

function toBatch(fields: readonly Buffer[]): AudioBatch {
  const named: Record<string, Buffer> = {};
  for (let i = 0; i + 1 < fields.length; i += 2) named[String(fields[i])] = fields[i + 1] ?? Buffer.of();
  return {
    track: String(named['t']) === 'outbound' ? 'outbound' : 'inbound',
    sampleRate: Number(named['r']),
    offsetMs: Number(named['o']),
    connectionId: String(named['c']),
    pcm: named['b'] ?? Buffer.of(),
  };
}
