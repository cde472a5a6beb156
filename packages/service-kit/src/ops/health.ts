import { monotonicMs } from '../clock.ts';
import { boundedCheck, type CheckOutcome, type ReadinessCheck } from './readiness-check.ts';

/** How long a loop has been silent, and how long it may be. */
interface HeartbeatReport {
  readonly ok: boolean;
  readonly silentMs: number;
  readonly maxSilenceMs: number;
}

/** Kept by a loop: it beats after each turn, also one that found nothing to do. */
export class Heartbeat {
  readonly #maxSilenceMs: number;
  readonly #now: () => number;
  #lastBeatAt: number;
  #isStopped = false;

  constructor(maxSilenceMs: number, now: () => number) {
    this.#maxSilenceMs = maxSilenceMs;
    this.#now = now;
    this.#lastBeatAt = now();
  }

  beat(): void {
    this.#lastBeatAt = this.#now();
  }

  /** The loop has ended on purpose; its silence is no longer a fault. */
  stop(): void {
    this.#isStopped = true;
  }

  get isStopped(): boolean {
    return this.#isStopped;
  }

  report(): HeartbeatReport {
    const silentMs = Math.round(this.#now() - this.#lastBeatAt);
    return { ok: silentMs <= this.#maxSilenceMs, silentMs, maxSilenceMs: this.#maxSilenceMs };
  }
}

/**
 * Liveness: whether the loops of this process make progress. Dependencies do not matter: a restart does not repair them.
 * Readiness: whether it should receive work now.
 */
export class Health {
  readonly #lifecycle: { readonly isStopping: boolean };
  readonly #now: () => number;
  readonly #heartbeats = new Map<string, Heartbeat>();
  readonly #checks = new Map<string, ReadinessCheck>();

  constructor(lifecycle: { readonly isStopping: boolean }, now = monotonicMs) {
    this.#lifecycle = lifecycle;
    this.#now = now;
  }

  /** Watches a loop: not alive once it has been silent for longer than `maxSilenceMs`. */
  heartbeat(name: string, { maxSilenceMs }: { readonly maxSilenceMs: number }): Heartbeat {
    if (this.#heartbeats.has(name)) throw new Error(`a heartbeat called "${name}" is running already`);
    const heartbeat = new Heartbeat(maxSilenceMs, this.#now);
    this.#heartbeats.set(name, heartbeat);
    return heartbeat;
  }

  /** Adds a check; its deadline is 1 s by default. */
  readinessCheck(name: string, check: ReadinessCheck, { timeoutMs = 1000 } = {}): void {
    this.#checks.set(name, boundedCheck(check, timeoutMs));
  }

  /** The body of `/healthz`. */
  liveness(): { readonly status: 'alive' | 'stuck'; readonly loops: Record<string, HeartbeatReport> } {
    const running = [...this.#heartbeats].filter(([, { isStopped }]) => !isStopped);
    const loops = running.map(([name, heartbeat]) => [name, heartbeat.report()] as const);
    const isAlive = loops.every(([, { ok }]) => ok);
    return { status: isAlive ? 'alive' : 'stuck', loops: Object.fromEntries(loops) };
  }

  /** The body of `/readyz`. Never rejects. */
  async readiness(): Promise<{
    readonly status: 'ready' | 'not ready' | 'stopping';
    readonly checks: Record<string, CheckOutcome>;
  }> {
    if (this.#lifecycle.isStopping) return { status: 'stopping', checks: {} };
    const outcomes = await Promise.all(
      [...this.#checks].map(async ([name, check]) => [name, await check()] as const),
    );
    const isReady = outcomes.every(([, { ok }]) => ok);
    return { status: isReady ? 'ready' : 'not ready', checks: Object.fromEntries(outcomes) };
  }
}
