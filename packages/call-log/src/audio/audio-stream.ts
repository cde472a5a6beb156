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
  /** How long the stream is kept after the end of its connection, or after its newest batch but for a tenth of it. */
  readonly keepMs: number;
}

/** An expiry is renewed this often while it runs: with each batch it would double what audio costs. */
const RENEWALS = 10;

/** Writes and reads the audio streams of calls. They may live on a Redis of their own. */
export function createAudioStreams(redis: Redis, space: KeySpace, now: () => number = Date.now) {
  const renewedAtMs = new WeakMap<CallKey, number>();
  const keysOf = new WeakMap<CallKey, string>();
  const keyOf = (call: CallKey): string => {
    const key = keysOf.get(call) ?? callKeys(space, call).audio;
    keysOf.set(call, key);
    return key;
  };

  const renew = async (call: CallKey, { keepMs }: AudioLimits): Promise<void> => {
    renewedAtMs.set(call, now());
    await redis.pexpire(keyOf(call), keepMs);
  };

  return {
    /** Appends a batch. Audio is not part of the record: a failed append is dropped and counted by the caller. */
    append: async (call: CallKey, batch: AudioBatch, limits: AudioLimits): Promise<void> => {
      const { track, sampleRate, offsetMs, connectionId, pcm } = batch;
      const bound = ['MAXLEN', '~', limits.maxBatches] as const;
      const fields = ['t', track, 'r', sampleRate, 'o', offsetMs, 'c', connectionId, 'b', pcm] as const;
      const written = redis.xadd(keyOf(call), ...bound, '*', ...fields);
      const isDue = now() - (renewedAtMs.get(call) ?? -Infinity) >= limits.keepMs / RENEWALS;
      await (isDue ? Promise.all([written, renew(call, limits)]) : written);
    },

    /** Starts the clock of a call's audio anew: once more when its connection is over. */
    renew,

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
