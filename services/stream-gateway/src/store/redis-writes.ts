/** A Redis that refuses writes for a moment is no reason to turn calls away. */
const GRACE_MS = 2_000;

/** What Redis answers while it takes no writes from any client. Any other refusal concerns one append alone. */
const REFUSALS =
  /^(OOM|READONLY|MISCONF|NOREPLICAS|LOADING|MASTERDOWN|CLUSTERDOWN|MOVED|ASK|CROSSSLOT|TRYAGAIN|BUSY)\b/;

/** Whether Redis takes writes: a server that answers a ping may still be full, read-only or without its replica. */
export class RedisWrites {
  readonly #monotonic: () => number;
  #stalledSinceMs: number | undefined;
  #isRefusing = false;

  constructor(monotonic: () => number) {
    this.#monotonic = monotonic;
  }

  /**
   * Nothing was taken for longer than a moment, although something is there to be written; or a report was answered that
   * it can't be stored.
   */
  get isStalled(): boolean {
    if (this.#stalledSinceMs === undefined) return false;
    return this.#isRefusing || this.#monotonic() - this.#stalledSinceMs >= GRACE_MS;
  }

  /** The newest append was not taken. Whether the next one would be can be found out by trying. */
  get isInDoubt(): boolean {
    return this.#stalledSinceMs !== undefined;
  }

  onStalled(error?: unknown): void {
    if (concernsAll(error)) this.#stalledSinceMs ??= this.#monotonic();
  }

  /** A report was answered that it can't be stored: others would be too. */
  onRefused(error?: unknown): void {
    this.onStalled(error);
    if (concernsAll(error)) this.#isRefusing = true;
  }

  onAnswered(): void {
    this.#stalledSinceMs = undefined;
    this.#isRefusing = false;
  }
}

function concernsAll(error: unknown): boolean {
  const isReply = error instanceof Error && error.name === 'ReplyError';
  return !isReply || REFUSALS.test(error.message);
}
