/** The name of an ordered source, which it gives up when it has to be counted from 1 again. */
export class SourceName {
  readonly #alias: string;
  #current: string;
  #renamed = 0;

  /** `alias` is what it is called after that, before a number. */
  constructor(first: string, alias = first) {
    this.#current = first;
    this.#alias = alias;
  }

  get current(): string {
    return this.#current;
  }

  /** Takes another name, and returns it. */
  change(): string {
    this.#renamed += 1;
    this.#current = `${this.#alias}.${this.#renamed}`;
    return this.#current;
  }
}
