/** Work that may run beside other work, and work that has to run alone. */
export class Gate {
  #running = 0;
  #waitingAlone = 0;
  #isAlone = false;
  #changed: (() => void)[] = [];

  /** Runs the work beside others, once nothing runs or waits that has to run alone. */
  async beside<T>(work: () => Promise<T>): Promise<T> {
    while (this.#isAlone || this.#waitingAlone > 0) await this.#change();
    this.#running += 1;
    try {
      return await work();
    } finally {
      this.#running -= 1;
      this.#tell();
    }
  }

  /** Runs the work while nothing else runs. */
  async alone<T>(work: () => Promise<T>): Promise<T> {
    this.#waitingAlone += 1;
    while (this.#isAlone || this.#running > 0) await this.#change();
    this.#waitingAlone -= 1;
    this.#isAlone = true;
    try {
      return await work();
    } finally {
      this.#isAlone = false;
      this.#tell();
    }
  }

  #change(): Promise<void> {
    return new Promise((resolve) => this.#changed.push(resolve));
  }

  #tell(): void {
    const changed = this.#changed;
    this.#changed = [];
    for (const resolve of changed) resolve();
  }
}
