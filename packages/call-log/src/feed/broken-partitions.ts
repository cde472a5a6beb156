/** A key that a service cannot use, and since when. */
export interface BrokenPartition {
  readonly key: string;
  readonly error: string;
  readonly forMs: number;
}

/** Observer of keys that are broken or repaired. */
export interface BrokenPartitionsOptions {
  /** A clock that never jumps. */
  readonly now: () => number;
  readonly onBroken: (broken: BrokenPartition) => void;
  readonly onMended: (broken: BrokenPartition) => void;
}

/** How often a key that stays broken is reported. */
const REPORT_EVERY_MS = 60_000;

interface Known {
  error: string;
  readonly sinceMs: number;
  reportedAtMs: number;
}

/** The keys of partitions that have the wrong type: each stops only its own partition. */
export class BrokenPartitions {
  readonly #known = new Map<string, Known>();
  readonly #options: BrokenPartitionsOptions;

  constructor(options: BrokenPartitionsOptions) {
    this.#options = options;
  }

  note(key: string, error: unknown): void {
    const { now, onBroken } = this.#options;
    const nowMs = now();
    const message = error instanceof Error ? error.message : String(error);
    const known = this.#known.get(key) ?? { error: message, sinceMs: nowMs, reportedAtMs: -Infinity };
    known.error = message;
    this.#known.set(key, known);
    if (nowMs - known.reportedAtMs < REPORT_EVERY_MS) return;
    known.reportedAtMs = nowMs;
    onBroken(toBroken(key, known, nowMs));
  }

  /** The key can be used. */
  clear(key: string): void {
    const known = this.#known.get(key);
    if (known === undefined) return;
    this.#known.delete(key);
    this.#options.onMended(toBroken(key, known, this.#options.now()));
  }

  has(key: string): boolean {
    return this.#known.has(key);
  }

  /** The keys that have been broken for this long. */
  lasting(minMs: number): BrokenPartition[] {
    const nowMs = this.#options.now();
    return [...this.#known]
      .map(([key, known]) => toBroken(key, known, nowMs))
      .filter(({ forMs }) => forMs >= minMs);
  }
}

function toBroken(key: string, { error, sinceMs }: Known, nowMs: number): BrokenPartition {
  return { key, error, forMs: nowMs - sinceMs };
}
