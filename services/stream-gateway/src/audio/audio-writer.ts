import { type CallKey } from '@turnlog/call-events';
import { type AudioBatch, type AudioLimits, type AudioStreams, type CallAudio } from '@turnlog/call-log';

/** The most audio that may be on its way to Redis at once, over all calls. */
const MAX_IN_FLIGHT_BYTES = 32 * 1024 * 1024;

/** How long a batch waits for others to go with, and how many go at once: by itself each would cost twice as much. */
const COMBINE_MS = 10;
const MAX_COMBINED_BATCHES = 32;
const MAX_COMBINED_BYTES = 512 * 1024;

/** Told when a batch is done with: its buffer is free, and it is in Redis or dropped. */
export type OnDone = (isWritten: boolean) => void;

interface WaitingBatch extends CallAudio {
  readonly onDone: OnDone;
}

/** Writes batches of audio to Redis. Audio is no part of the record: what can't be written now is dropped and counted. */
export class AudioWriter {
  readonly #streams: AudioStreams;
  readonly #limits: AudioLimits;
  #inFlightBytes = 0;
  #waiting: WaitingBatch[] = [];
  #waitingBytes = 0;
  #timer: NodeJS.Timeout | undefined;
  #idleListeners: (() => void)[] = [];

  constructor(streams: AudioStreams, limits: AudioLimits) {
    this.#streams = streams;
    this.#limits = limits;
  }

  /** Takes a batch, whose buffer is not to be touched before `onDone`. */
  write(call: CallKey, batch: AudioBatch, onDone: OnDone): void {
    const bytes = batch.pcm.length;
    if (this.#inFlightBytes + bytes > MAX_IN_FLIGHT_BYTES) {
      onDone(false);
      return;
    }
    this.#inFlightBytes += bytes;
    this.#waitingBytes += bytes;
    this.#waiting.push({ call, batch, onDone });
    if (this.#waiting.length >= MAX_COMBINED_BATCHES || this.#waitingBytes >= MAX_COMBINED_BYTES)
      this.#send();
    else this.#timer ??= setTimeout(() => this.#send(), COMBINE_MS);
  }

  /** No more comes of this connection: its audio is kept from now on. Should Redis be away, it expires a little earlier. */
  finish(call: CallKey): void {
    this.#send();
    this.#streams.renew(call, this.#limits).catch(() => undefined);
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
    const settle = (areWritten: readonly boolean[]): void => {
      batches.forEach(({ onDone }, index) => onDone(areWritten[index] ?? false));
      this.#landed(bytes);
    };
    this.#streams.append(batches, this.#limits).then(settle, () => settle([]));
  }

  #landed(bytes: number): void {
    this.#inFlightBytes -= bytes;
    if (this.#inFlightBytes > 0) return;
    const listeners = this.#idleListeners;
    this.#idleListeners = [];
    for (const listener of listeners) listener();
  }
}
