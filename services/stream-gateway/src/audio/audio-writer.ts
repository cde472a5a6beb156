import { type CallKey } from '@turnlog/call-events';
import { type AudioBatch, type AudioLimits, type AudioStreams } from '@turnlog/call-log';

/** The most audio that may be on its way to Redis at once, over all calls. */
const MAX_IN_FLIGHT_BYTES = 32 * 1024 * 1024;

/** Told of bytes that were not written. */
export type OnDropped = (bytes: number) => void;

/** Writes batches of audio to Redis. Audio is no part of the record: what can't be written now is dropped and counted. */
export class AudioWriter {
  readonly #streams: AudioStreams;
  readonly #limits: AudioLimits;
  #inFlightBytes = 0;
  #idleListeners: (() => void)[] = [];

  constructor(streams: AudioStreams, limits: AudioLimits) {
    this.#streams = streams;
    this.#limits = limits;
  }

  /** Takes the batch, whose buffer is the writer's from now on. */
  write(call: CallKey, batch: AudioBatch, onDropped: OnDropped): void {
    const bytes = batch.pcm.length;
    if (this.#inFlightBytes + bytes > MAX_IN_FLIGHT_BYTES) {
      onDropped(bytes);
      return;
    }
    this.#inFlightBytes += bytes;
    this.#streams.append(call, batch, this.#limits).then(
      () => this.#landed(bytes),
      () => {
        onDropped(bytes);
        this.#landed(bytes);
      },
    );
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
