/** A Redis that refuses writes for a moment is no reason to turn calls away. */
const GRACE_MS = 2_000;

/** What Redis answers while it takes no writes from anybody. Any other refusal concerns one append alone. */
const REFUSALS = /^(OOM|READONLY|MISCONF|NOREPLICAS|LOADING|MASTERDOWN|CLUSTERDOWN|TRYAGAIN|BUSY)\b/;

/** Whether Redis takes writes: a server that answers a ping may still be full, read-only or without its replica. */
export class RedisWrites {
  readonly #monotonic: () => number;
  #stalledSinceMs: number | undefined;

  constructor(monotonic: () => number) {
    this.#monotonic = monotonic;
  }

  /** Nothing was taken for longer than a moment, although something is there to be written. */
  get isStalled(): boolean {
    return this.#stalledSinceMs !== undefined && this.#monotonic() - this.#stalledSinceMs >= GRACE_MS;
  }

  onStalled(error?: unknown): void {
    const isReply = error instanceof Error && error.name === 'ReplyError';
    if (!isReply || REFUSALS.test(error.message)) this.#stalledSinceMs ??= this.#monotonic();
  }

  onAnswered(): void {
    this.#stalledSinceMs = undefined;
  }
}
