/** Work that is under way, a few pieces at once. */
export class InFlight {
  readonly #running = new Set<Promise<void>>();
  readonly #failures: unknown[] = [];

  /** Takes work that has begun. */
  add(work: Promise<void>): void {
    const running = work
      .catch((error: unknown) => void this.#failures.push(error))
      .finally(() => this.#running.delete(running));
    this.#running.add(running);
  }

  /** Resolves when fewer pieces than this are under way; throws the first failure as soon as there is one. */
  async untilFewerThan(limit: number): Promise<void> {
    while (this.#running.size >= limit && this.#failures.length === 0) await Promise.race(this.#running);
    if (this.#failures.length > 0) throw this.#failures[0];
  }

  /** Resolves when nothing is under way, whatever came of it. */
  async settled(): Promise<void> {
    await Promise.all(this.#running);
  }
}
