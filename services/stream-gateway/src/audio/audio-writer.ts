import { type CallKey } from '@turnlog/call-events';
import {
  type AppendedAudio,
  type AudioBatch,
  type AudioFate,
  type AudioLimits,
  type AudioStreams,
  type CallAudio,
} from '@turnlog/call-log';
import { type CallGuard } from '../call-guard.ts';
import { RecentBytes } from './recent-bytes.ts';

/** The most audio that may be on its way to Redis at once, over all calls. */
const MAX_IN_FLIGHT_BYTES = 32 * 1024 * 1024;

/** How long a batch waits for others, and how many are sent at once: a batch sent by itself would cost twice as much. */
const COMBINE_MS = 10;
const MAX_COMBINED_BATCHES = 32;
const MAX_COMBINED_BYTES = 512 * 1024;

/**
 * The most audio of this gateway that Redis keeps if the use of its memory is unknown: as much as a Redis of a
 * gigabyte always has to spare.
 */
const MAX_UNMEASURED_BYTES = 64 * 1024 * 1024;

/** Why audio was dropped. */
export type AudioDropReason = Exclude<AudioFate, 'written'> | 'too_much_in_flight';

/** Called when a batch was written to Redis or dropped: its buffer may be used again. */
export type OnDone = (isWritten: boolean) => void;

export interface AudioWriterOptions {
  readonly streams: Pick<AudioStreams, 'append' | 'renew'>;
  readonly limits: AudioLimits;
  readonly guard: CallGuard;
  /** Unix ms. */
  readonly now: () => number;
  readonly onDropped: (reason: AudioDropReason, bytes: number) => void;
  /** It became known, or unknown, how much memory Redis uses. */
  readonly onMemoryKnown: (isKnown: boolean) => void;
}

interface WaitingBatch extends CallAudio {
  readonly onDone: OnDone;
}

/** Writes batches of audio to Redis. Audio is not part of the record: what can't be written now is dropped and counted. */
export class AudioWriter {
  readonly #options: AudioWriterOptions;
  readonly #kept: RecentBytes;
  #isMemoryKnown = true;
  #inFlightBytes = 0;
  #waiting: WaitingBatch[] = [];
  #waitingBytes = 0;
  #timer: NodeJS.Timeout | undefined;
  #idleListeners: (() => void)[] = [];

  constructor(options: AudioWriterOptions) {
    this.#options = options;
    this.#kept = new RecentBytes(options.limits.keepMs);
  }

  /** Takes a batch, whose buffer is not to be touched before `onDone`. */
  write(call: CallKey, batch: AudioBatch, onDone: OnDone): void {
    const bytes = batch.pcm.length;
    const reason = this.#reasonToDrop(bytes);
    if (reason !== undefined) {
      this.#options.onDropped(reason, bytes);
      onDone(false);
      return;
    }
    this.#inFlightBytes += bytes;
    this.#waitingBytes += bytes;
    this.#waiting.push({ call, batch, onDone });
    if (this.#waiting.length >= MAX_COMBINED_BATCHES || this.#waitingBytes >= MAX_COMBINED_BYTES)
      this.#send();
    else this.#timer ??= this.#options.guard.after('audio.combine', COMBINE_MS, () => this.#send());
  }

  /** The connection has ended: its audio is kept from now on. If Redis is unavailable, it expires a little earlier. */
  finish(call: CallKey): void {
    this.#send();
    const { streams, limits, guard } = this.#options;
    const ignore = (): void => undefined;
    guard.settled('audio.renewed', streams.renew(call, limits), ignore, ignore);
  }

  /** Resolves when nothing is on its way. */
  whenIdle(): Promise<void> {
    if (this.#inFlightBytes === 0) return Promise.resolve();
    return new Promise((resolve) => this.#idleListeners.push(resolve));
  }

  #send(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    const batches = this.#waiting;
    if (batches.length === 0) return;
    const bytes = this.#waitingBytes;
    this.#waiting = [];
    this.#waitingBytes = 0;
    this.#options.guard.settled(
      'audio.written',
      this.#append(batches),
      (appended) => this.#settle(batches, bytes, appended),
      () => this.#settle(batches, bytes, { fates: [], isMemoryKnown: this.#isMemoryKnown }),
    );
  }

  /** Rejects, and never throws: each batch that left the queue needs an outcome. */
  async #append(batches: readonly WaitingBatch[]): Promise<AppendedAudio> {
    return this.#options.streams.append(batches, this.#options.limits);
  }

  #settle(batches: readonly WaitingBatch[], bytes: number, { fates, isMemoryKnown }: AppendedAudio): void {
    this.#noteMemory(isMemoryKnown);
    const nowMs = this.#options.now();
    batches.forEach((each, index) => {
      // One call's failure must not keep the others of the batch, or the bytes in flight.
      this.#options.guard.run('audio.done', () => this.#finishBatch(each, fates[index] ?? 'failed', nowMs));
    });
    this.#landed(bytes);
  }

  #finishBatch({ batch, onDone }: WaitingBatch, fate: AudioFate, nowMs: number): void {
    if (fate === 'written') this.#kept.add(batch.pcm.length, nowMs);
    else this.#options.onDropped(fate, batch.pcm.length);
    onDone(fate === 'written');
  }

  #noteMemory(isKnown: boolean): void {
    if (isKnown === this.#isMemoryKnown) return;
    this.#isMemoryKnown = isKnown;
    this.#options.onMemoryKnown(isKnown);
  }

  #reasonToDrop(bytes: number): AudioDropReason | undefined {
    if (this.#inFlightBytes + bytes > MAX_IN_FLIGHT_BYTES) return 'too_much_in_flight';
    if (this.#isMemoryKnown) return undefined;
    const keptBytes = this.#kept.total(this.#options.now()) + this.#inFlightBytes;
    return keptBytes + bytes > MAX_UNMEASURED_BYTES ? 'no_room' : undefined;
  }

  #landed(bytes: number): void {
    this.#inFlightBytes -= bytes;
    if (this.#inFlightBytes > 0) return;
    const listeners = this.#idleListeners;
    this.#idleListeners = [];
    for (const listener of listeners) listener();
  }
}
