/** Counts what each address, or each tenant, has at once. */
export class Counts {
  readonly #max: number;
  readonly #counts = new Map<string, number>();

  /** At most `max` of each. */
  constructor(max: number) {
    this.#max = max;
  }

  /** Counts one more, unless the maximum is reached. Returns a function that subtracts it again, once. */
  take(key: string): (() => void) | undefined {
    const count = this.#counts.get(key) ?? 0;
    if (count >= this.#max) return undefined;
    this.#counts.set(key, count + 1);
    let isHeld = true;
    return () => {
      if (isHeld) this.#giveBack(key);
      isHeld = false;
    };
  }

  #giveBack(key: string): void {
    const left = (this.#counts.get(key) ?? 0) - 1;
    if (left > 0) this.#counts.set(key, left);
    else this.#counts.delete(key);
  }
}
