import { type CallKey } from '@turnlog/call-events';
import { type Redis } from 'ioredis';
import { callKeys, type KeySpace } from '../keys.ts';
import { runScript } from '@turnlog/redis-kit';
import { appendAudio, CALL_FULL, NO_ROOM, WRITTEN } from './append-audio-script.ts';

/** The direction of the audio: `inbound` is the caller's voice, `outbound` the agent's. */
export type AudioTrack = 'inbound' | 'outbound';

/** Some audio of one track: 16-bit little-endian PCM, mono. */
export interface AudioBatch {
  readonly track: AudioTrack;
  readonly sampleRate: number;
  readonly pcm: Buffer;
  /** The start, in milliseconds since the start of the connection. */
  readonly offsetMs: number;
  readonly connectionId: string;
}

/** Bounds of one call's audio stream. */
export interface AudioLimits {
  /** The most batches that are kept; beyond it the oldest are dropped. */
  readonly maxBatches: number;
  /** How long the stream is kept after its connection ends; after its newest batch it may be a tenth less. */
  readonly keepMs: number;
  /** Nothing is written while Redis uses this share of its memory or more: the rest is for the record. */
  readonly memoryShare?: number;
  /** The most bytes of PCM of one call. */
  readonly maxCallBytes?: number;
}

/** The outcome of a batch. `no_room`: Redis is too full for audio. `call_full`: the call has used its budget. */
export type AudioFate = 'written' | 'no_room' | 'call_full' | 'failed';

/** The outcome of batches. */
export interface AppendedAudio {
  /** In the order of the batches. */
  readonly fates: readonly AudioFate[];
  /** False if Redis does not show this user its memory use: then `memoryShare` was not enforced. */
  readonly isMemoryKnown: boolean;
}

/** A batch and its call. */
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

/** Writes and reads the audio streams of calls, which may be on a Redis of their own. */
export class AudioStreams {
  readonly #redis: Redis;
  readonly #space: KeySpace;
  readonly #now: () => number;
  readonly #renewedAtMs = new WeakMap<CallKey, number>();
  readonly #keys = new WeakMap<CallKey, string>();

  constructor(redis: Redis, space: KeySpace, now: () => number = Date.now) {
    this.#redis = redis;
    this.#space = space;
    this.#now = now;
  }

  /** Appends batches of any calls with one command. The caller drops what was not written. Rejects if all failed. */
  async append(
    batches: readonly CallAudio[],
    { maxBatches, keepMs, memoryShare = 1, maxCallBytes = Number.MAX_SAFE_INTEGER }: AudioLimits,
  ): Promise<AppendedAudio> {
    const facts = batches.map(({ call, batch: { track, sampleRate, offsetMs, connectionId } }) => [
      track,
      sampleRate,
      offsetMs,
      connectionId,
      this.#isRenewalDue(call, keepMs),
    ]);
    const limits = [maxBatches, keepMs, memoryShare, maxCallBytes];
    const [isMemoryKnown, ...replies] = (await runScript(
      this.#redis,
      appendAudio,
      batches.map(({ call }) => this.#keyOf(call)),
      [JSON.stringify(facts), ...limits, ...batches.map(({ batch }) => batch.pcm)],
    )) as unknown[];
    return {
      fates: replies.map((reply) => FATES.get(reply) ?? 'failed'),
      isMemoryKnown: isMemoryKnown === 1,
    };
  }

  /** Renews the expiry of a call's audio when its connection is over. */
  async renew(call: CallKey, { keepMs }: AudioLimits): Promise<void> {
    await this.#redis.pexpire(this.#keyOf(call), keepMs);
  }

  /** Reads a call's remaining audio, in order. */
  async read(call: CallKey): Promise<AudioBatch[]> {
    const entries = await this.#redis.xrangeBuffer(callKeys(this.#space, call).audio, '-', '+');
    return entries.map(([, fields]) => toBatch(fields));
  }

  #keyOf(call: CallKey): string {
    const key = this.#keys.get(call) ?? callKeys(this.#space, call).audio;
    this.#keys.set(call, key);
    return key;
  }

  #isRenewalDue(call: CallKey, keepMs: number): boolean {
    const nowMs = this.#now();
    if (nowMs - (this.#renewedAtMs.get(call) ?? -Infinity) < keepMs / RENEWALS) return false;
    this.#renewedAtMs.set(call, nowMs);
    return true;
  }
}

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
