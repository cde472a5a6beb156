/** Tells those who wait for it that nothing is under way any more. */
export class IdleWatch {
  #listeners: (() => void)[] = [];

  /** Resolves the next time that it is told. */
  next(): Promise<void> {
    return new Promise((resolve) => this.#listeners.push(resolve));
  }

  tell(): void {
    const listeners = this.#listeners;
    this.#listeners = [];
    for (const listener of listeners) listener();
  }
}
