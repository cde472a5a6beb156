import { type CallKey } from '@turnlog/call-events';
import { type AudioBatch, type AudioLimits, type AudioStreams } from '@turnlog/call-log';

/** The most audio that may be on its way to Redis at once, over all calls. */
const MAX_IN_FLIGHT_BYTES = 32 * 1024 * 1024;

/** Told when a batch is done with: its buffer is free, and it is in Redis or dropped. */
export type OnDone = (isWritten: boolean) => void;

/** Writes batches of audio to Redis. Audio is no part of the record: what can't be written now is dropped and counted. */
export class AudioWriter {
  readonly #streams: AudioStreams;
  readonly #limits: AudioLimits;
  readonly #beforeWrite: () => void;
  #inFlightBytes = 0;
  #idleListeners: (() => void)[] = [];

  /** `beforeWrite` is called before each batch is handed to Redis. */
  constructor(streams: AudioStreams, limits: AudioLimits, beforeWrite: () => void) {
    this.#streams = streams;
    this.#limits = limits;
    this.#beforeWrite = beforeWrite;
  }

  /** Takes a batch, whose buffer is not to be touched before `onDone`. */
  write(call: CallKey, batch: AudioBatch, onDone: OnDone): void {
    const bytes = batch.pcm.length;
    if (this.#inFlightBytes + bytes > MAX_IN_FLIGHT_BYTES) {
      onDone(false);
      return;
    }
    this.#inFlightBytes += bytes;
    const settle = (isWritten: boolean): void => {
      onDone(isWritten);
      this.#landed(bytes);
    };
    this.#beforeWrite();
    this.#streams.append(call, batch, this.#limits).then(
      () => settle(true),
      () => settle(false),
    );
  }

  /** No more comes of this connection: its audio is kept from now on. Should Redis be away, it expires a little earlier. */
  finish(call: CallKey): void {
    this.#streams.renew(call, this.#limits).catch(() => undefined);
  }

  /** Resolves when nothing is on its way. */
  whenIdle(): Promise<void> {
    if (this.#inFlightBytes === 0) return Promise.resolve();
    return new Promise((resolve) => this.#idleListeners.push(resolve));
  }

  #landed(bytes: number): void {
    this.#inFlightBytes -= bytes;
    if (this.#inFlightBytes > 0) return;
    const listeners = this.#idleListeners;
    this.#idleListeners = [];
    for (const listener of listeners) listener();
  }
}
