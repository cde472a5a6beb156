import { type CallKey } from '@turnlog/call-events';
import { type Redis } from 'ioredis';
import { callKeys, type KeySpace } from '../keys.ts';
import { runScript } from '@turnlog/redis-kit';
import { appendAudio, CALL_FULL, NO_ROOM, WRITTEN } from './append-audio-script.ts';

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
  /** Nothing is written while Redis uses this share of its memory or more: what is left is for the record. */
  readonly memoryShare?: number;
  /** The most bytes of PCM that are written of one call. */
  readonly maxCallBytes?: number;
}

/**
 * What became of a batch: it is in Redis; Redis is too full for audio; its call has had its share; or Redis did not take
 * it.
 */
export type AudioFate = 'written' | 'no_room' | 'call_full' | 'failed';

/** What became of batches. */
export interface AppendedAudio {
  /** In the order of the batches. */
  readonly fates: readonly AudioFate[];
  /** False where Redis does not tell this user how full it is: then `memoryShare` could not be kept to. */
  readonly isMemoryKnown: boolean;
}

/** A batch, and of which call it is. */
export interface CallAudio {
  readonly call: CallKey;
  readonly batch: AudioBatch;
}

/** An expiry is renewed this often while it runs. */
const RENEWALS = 10;

const FATES: ReadonlyMap<unknown, AudioFate> = new Map([
  [WRITTEN, 'written'],
  [NO_ROOM, 'no_room'],
  [CALL_FULL, 'call_full'],
]);

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
     * Appends batches, of any calls, by one command. Audio is not part of the record: what was not written is dropped, and
     * counted by the caller. Rejects when Redis took none.
     */
    append: async (
      batches: readonly CallAudio[],
      { maxBatches, keepMs, memoryShare = 1, maxCallBytes = Number.MAX_SAFE_INTEGER }: AudioLimits,
    ): Promise<AppendedAudio> => {
      const facts = batches.map(({ call, batch: { track, sampleRate, offsetMs, connectionId } }) => [
        track,
        sampleRate,
        offsetMs,
        connectionId,
        isRenewalDue(call, keepMs),
      ]);
      const limits = [maxBatches, keepMs, memoryShare, maxCallBytes];
      const [isMemoryKnown, ...replies] = (await runScript(
        redis,
        appendAudio,
        batches.map(({ call }) => keyOf(call)),
        [JSON.stringify(facts), ...limits, ...batches.map(({ batch }) => batch.pcm)],
      )) as unknown[];
      return {
        fates: replies.map((reply) => FATES.get(reply) ?? 'failed'),
        isMemoryKnown: isMemoryKnown === 1,
      };
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
