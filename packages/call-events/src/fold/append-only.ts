/**
 * A list that only grows, as a value: `push` leaves the list it was called on as it was, and costs O(1). Successive
 * lists share one array, each seeing its own length of it; only a second push onto the same list copies.
 */
export class AppendOnlyList<T> implements Iterable<T> {
  readonly length: number;
  readonly #shared: T[];

  private constructor(shared: T[], length: number) {
    this.#shared = shared;
    this.length = length;
  }

  static empty<T>(): AppendOnlyList<T> {
    return new AppendOnlyList<T>([], 0);
  }

  push(item: T): AppendOnlyList<T> {
    const isNewest = this.#shared.length === this.length;
    const shared = isNewest ? this.#shared : this.toArray();
    shared.push(item);
    return new AppendOnlyList(shared, this.length + 1);
  }

  /** The items from an index on. */
  from(index: number): T[] {
    return this.#shared.slice(index, this.length);
  }

  toArray(): T[] {
    return this.from(0);
  }

  [Symbol.iterator](): Iterator<T> {
    return this.toArray()[Symbol.iterator]();
  }
}

/** A set of strings that only grows, as a value; shares its storage in the same way as {@link AppendOnlyList}. */
export class AppendOnlySet {
  readonly size: number;
  readonly #shared: Map<string, number>;

  private constructor(shared: Map<string, number>, size: number) {
    this.#shared = shared;
    this.size = size;
  }

  static empty(): AppendOnlySet {
    return new AppendOnlySet(new Map(), 0);
  }

  has(member: string): boolean {
    const position = this.#shared.get(member);
    return position !== undefined && position < this.size;
  }

  add(member: string): AppendOnlySet {
    if (this.has(member)) return this;
    const isNewest = this.#shared.size === this.size;
    const shared = isNewest ? this.#shared : this.#copy();
    shared.set(member, this.size);
    return new AppendOnlySet(shared, this.size + 1);
  }

  #copy(): Map<string, number> {
    return new Map([...this.#shared].filter(([, position]) => position < this.size));
  }
}
