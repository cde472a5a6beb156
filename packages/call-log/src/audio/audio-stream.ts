import { type CallKey } from '@turnlog/call-events';
import { type Redis } from 'ioredis';
import { callKeys, type KeySpace } from '../keys.ts';
import { runScript } from '../redis/script.ts';
import { appendAudio, WRITTEN } from './append-audio-script.ts';

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

/** A batch, and of which call it is. */
export interface CallAudio {
  readonly call: CallKey;
  readonly batch: AudioBatch;
}

/** An expiry is renewed this often while it runs. */
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

  const isRenewalDue = (call: CallKey, keepMs: number): boolean => {
    const nowMs = now();
    if (nowMs - (renewedAtMs.get(call) ?? -Infinity) < keepMs / RENEWALS) return false;
    renewedAtMs.set(call, nowMs);
    return true;
  };

  return {
    /**
     * Appends batches, of any calls, by one command; resolves to whether each is in Redis. Audio is not part of the
     * record: what was not written is dropped, and counted by the caller. Rejects when none was written.
     */
    append: async (
      batches: readonly CallAudio[],
      { maxBatches, keepMs }: AudioLimits,
    ): Promise<readonly boolean[]> => {
      const facts = batches.map(({ call, batch: { track, sampleRate, offsetMs, connectionId } }) => [
        track,
        sampleRate,
        offsetMs,
        connectionId,
        isRenewalDue(call, keepMs),
      ]);
      const replies = await runScript(
        redis,
        appendAudio,
        batches.map(({ call }) => keyOf(call)),
        [JSON.stringify(facts), maxBatches, keepMs, ...batches.map(({ batch }) => batch.pcm)],
      );
      return (replies as unknown[]).map((reply) => reply === WRITTEN);
    },

    /** Starts the clock of a call's audio anew: once more when its connection is over. */
    renew: async (call: CallKey, { keepMs }: AudioLimits): Promise<void> => {
      await redis.pexpire(keyOf(call), keepMs);
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
