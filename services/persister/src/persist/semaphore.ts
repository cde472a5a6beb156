interface Waiting {
  readonly weight: number;
  readonly go: () => void;
}

/**
 * A limit on concurrent work, by weight. Work heavier than the limit runs alone; other work waits in the order in
 * which it arrived. The semaphore of async-mutex takes time in proportion to its limit, which here is a number of bytes.
 */
export class Semaphore {
  readonly #max: number;
  #inUse = 0;
  readonly #waiting: Waiting[] = [];

  constructor(max: number) {
    this.#max = max;
  }

  /** Runs the work when its weight fits. */
  async use<T>(work: () => Promise<T>, weight = 1): Promise<T> {
    if (this.#waiting.length > 0 || !this.#fits(weight))
      await new Promise<void>((go) => this.#waiting.push({ weight, go }));
    else this.#inUse += weight;
    try {
      return await work();
    } finally {
      this.#inUse -= weight;
      this.#admit();
    }
  }

  #fits(weight: number): boolean {
    return this.#inUse === 0 || this.#inUse + weight <= this.#max;
  }

  /** Counts admitted work at once, so that work that arrives now does not take its place. */
  #admit(): void {
    for (let [next] = this.#waiting; next !== undefined && this.#fits(next.weight); [next] = this.#waiting) {
      this.#waiting.shift();
      this.#inUse += next.weight;
      next.go();
    }
  }
}
