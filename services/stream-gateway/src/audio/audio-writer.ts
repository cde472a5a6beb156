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

/** How long a batch waits for others to go with, and how many go at once: by itself each would cost twice as much. */
const COMBINE_MS = 10;
const MAX_COMBINED_BATCHES = 32;
const MAX_COMBINED_BYTES = 512 * 1024;

/**
 * The most audio of this gateway that Redis is given to keep where it does not tell how full it is: what a Redis of a
 * gigabyte can always spare.
 */
const MAX_UNMEASURED_BYTES = 64 * 1024 * 1024;

/** Why audio was dropped. */
export type AudioDropReason = Exclude<AudioFate, 'written'> | 'too_much_in_flight';

/** Told when a batch is done with: its buffer is free, and it is in Redis or dropped. */
export type OnDone = (isWritten: boolean) => void;

export interface AudioWriterOptions {
  readonly streams: Pick<AudioStreams, 'append' | 'renew'>;
  readonly limits: AudioLimits;
  readonly guard: CallGuard;
  /** Unix ms. */
  readonly now: () => number;
  readonly onDropped: (reason: AudioDropReason, bytes: number) => void;
  /** Redis begins, or ceases, to tell how much memory it uses. */
  readonly onMemoryKnown: (isKnown: boolean) => void;
}

interface WaitingBatch extends CallAudio {
  readonly onDone: OnDone;
}

/** Writes batches of audio to Redis. Audio is no part of the record: what can't be written now is dropped and counted. */
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

  /** No more comes of this connection: its audio is kept from now on. Should Redis be away, it expires a little earlier. */
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

  /** Rejects, and never throws: what was taken out of the queue is to be settled. */
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
