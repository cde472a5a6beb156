import { type SpoolFile } from './spool-disk.ts';

/** One file of the spool, and its events that Redis has not acknowledged. */
export class SpoolSegment {
  readonly number: number;
  readonly file: SpoolFile;
  readonly #onEmpty: (segment: SpoolSegment) => void;
  #events = 0;
  #bytes = 0;

  constructor(number: number, file: SpoolFile, onEmpty: (segment: SpoolSegment) => void) {
    this.number = number;
    this.file = file;
    this.#onEmpty = onEmpty;
  }

  get events(): number {
    return this.#events;
  }

  get bytes(): number {
    return this.#bytes;
  }

  /** Reserves the file for events that are about to be written, so that it is not removed. */
  hold(events: number, bytes: number): void {
    this.#events += events;
    this.#bytes += bytes;
  }

  /** Releases this many of its events: Redis has them. */
  release(events: number): void {
    this.#events -= events;
    if (this.#events === 0) this.#onEmpty(this);
  }
}
