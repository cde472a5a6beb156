/** Beyond, what was told is forgotten, and told again. */
const MAX_KEYS = 10_000;

/** Keeps what happens again and again from filling the log. */
export class RepeatedNews {
  readonly #everyMs: number;
  readonly #toldAtMs = new Map<string, number>();

  constructor(everyMs: number) {
    this.#everyMs = everyMs;
  }

  /** Whether it was not told for a while. */
  isNews(key: string, nowMs: number): boolean {
    const toldAtMs = this.#toldAtMs.get(key);
    if (toldAtMs !== undefined && nowMs - toldAtMs < this.#everyMs) return false;
    if (this.#toldAtMs.size >= MAX_KEYS) this.#toldAtMs.clear();
    this.#toldAtMs.set(key, nowMs);
    return true;
  }
}
