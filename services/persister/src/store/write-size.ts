/**
 * How many calls go into one statement. A statement that takes too long is sent again in halves, and the size that
 * worked is kept: it grows by one with each full batch that is written. So a slow Postgres is handed what it can take.
 */
export class WriteSize {
  readonly #max: number;
  #calls: number;

  constructor(max: number) {
    this.#max = max;
    this.#calls = max;
  }

  get calls(): number {
    return this.#calls;
  }

  timedOut(calls: number): void {
    this.#calls = Math.max(1, Math.min(this.#calls, Math.floor(calls / 2)));
  }

  written(calls: number): void {
    if (calls >= this.#calls) this.#calls = Math.min(this.#max, this.#calls + 1);
  }
}
