interface Waiting {
  readonly bytes: number;
  readonly go: () => void;
}

/**
 * Work in flight, weighed by the bytes that it holds. What is heavier than the whole budget runs when nothing else does;
 * the others wait in the order in which they came.
 */
export class ByteBudget {
  readonly #max: number;
  #inUse = 0;
  readonly #waiting: Waiting[] = [];

  constructor(maxBytes: number) {
    this.#max = maxBytes;
  }

  /** Runs the work when its bytes fit. */
  async use<T>(bytes: number, work: () => Promise<T>): Promise<T> {
    if (this.#waiting.length > 0 || !this.#fits(bytes))
      await new Promise<void>((go) => this.#waiting.push({ bytes, go }));
    else this.#inUse += bytes;
    try {
      return await work();
    } finally {
      this.#inUse -= bytes;
      this.#admit();
    }
  }

  #fits(bytes: number): boolean {
    return this.#inUse === 0 || this.#inUse + bytes <= this.#max;
  }

  /** What is admitted counts from here on, so that work that comes just now does not take its place. */
  #admit(): void {
    for (let next = this.#waiting[0]; next !== undefined && this.#fits(next.bytes); next = this.#waiting[0]) {
      this.#waiting.shift();
      this.#inUse += next.bytes;
      next.go();
    }
  }
}
