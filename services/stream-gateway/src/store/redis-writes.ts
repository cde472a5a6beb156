/** Calls are accepted while Redis refuses writes for no longer than this. */
const GRACE_MS = 2_000;

/** The errors of a Redis that accepts no writes from any client. Any other error concerns one append alone. */
const REFUSALS =
  /^(OOM|READONLY|MISCONF|NOREPLICAS|LOADING|MASTERDOWN|CLUSTERDOWN|MOVED|ASK|CROSSSLOT|TRYAGAIN|BUSY)\b/;

/** Whether Redis accepts writes: a server that answers a ping may be full, read-only or without its replica. */
export class RedisWrites {
  readonly #monotonic: () => number;
  #stalledSinceMs: number | undefined;
  #isRefusing = false;

  constructor(monotonic: () => number = () => performance.now()) {
    this.#monotonic = monotonic;
  }

  /** No append succeeded for longer than a moment, or a client received the answer that its report can't be stored. */
  get isStalled(): boolean {
    if (this.#stalledSinceMs === undefined) return false;
    return this.#isRefusing || this.#monotonic() - this.#stalledSinceMs >= GRACE_MS;
  }

  /** The newest append failed. */
  get isInDoubt(): boolean {
    return this.#stalledSinceMs !== undefined;
  }

  onStalled(error?: unknown): void {
    if (concernsAll(error)) this.#stalledSinceMs ??= this.#monotonic();
  }

  /** A client received the answer that its report can't be stored. */
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
