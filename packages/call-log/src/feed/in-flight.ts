/** Work in progress, a few tasks at once. */
export class InFlight {
  readonly #running = new Set<Promise<void>>();
  readonly #failures: unknown[] = [];

  /** Adds a task that has started. */
  add(work: Promise<void>): void {
    const running = work
      .catch((error: unknown) => void this.#failures.push(error))
      .finally(() => this.#running.delete(running));
    this.#running.add(running);
  }

  /** Resolves when fewer tasks than this are in progress; throws the first failure as soon as there is one. */
  async untilFewerThan(limit: number): Promise<void> {
    while (this.#running.size >= limit && this.#failures.length === 0) await Promise.race(this.#running);
    if (this.#failures.length > 0) throw this.#failures[0];
  }

  /** Resolves when no task is in progress, and never rejects. */
  async settled(): Promise<void> {
    await Promise.all(this.#running);
  }
}
