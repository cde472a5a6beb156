import { type CallKey } from '@turnlog/call-events';

/** What a call may have left of its allowance, and when that was reckoned. */
interface Allowance {
  events: number;
  atMs: number;
}

const FEW_CALLS = 1_000;

/**
 * How many events of a call are taken in a second: an allowance that fills up at that rate, and holds at least
 * `burst`, so that a whole request always fits at some time.
 */
export class CallRates {
  readonly #eventsPerSecond: number;
  readonly #maxEvents: number;
  readonly #allowances = new Map<string, Allowance>();
  #nextPurgeAt = FEW_CALLS;

  constructor({ eventsPerSecond, burst }: { readonly eventsPerSecond: number; readonly burst: number }) {
    this.#eventsPerSecond = eventsPerSecond;
    this.#maxEvents = Math.max(eventsPerSecond, burst);
  }

  /** Takes that many events off a call's allowance: 0. Or nothing, and it says in how many milliseconds they fit. */
  take({ tenant, callSid }: CallKey, events: number, nowMs: number): number {
    const key = `${tenant}/${callSid}`;
    const left = this.#leftOf(this.#allowances.get(key), nowMs);
    if (events > left) return Math.ceil(((events - left) / this.#eventsPerSecond) * 1000);
    this.#allowances.set(key, { events: left - events, atMs: nowMs });
    if (this.#allowances.size > this.#nextPurgeAt) this.#purge(nowMs);
    return 0;
  }

  /** For how many calls there is something to remember. */
  get size(): number {
    return this.#allowances.size;
  }

  #leftOf(allowance: Allowance | undefined, nowMs: number): number {
    if (allowance === undefined) return this.#maxEvents;
    const sinceMs = Math.max(0, nowMs - allowance.atMs);
    return Math.min(this.#maxEvents, allowance.events + (sinceMs / 1000) * this.#eventsPerSecond);
  }

  /** Forgets calls whose allowance is full again. As rare as the calls are many, so that it costs little per call. */
  #purge(nowMs: number): void {
    for (const [key, allowance] of this.#allowances) {
      if (this.#leftOf(allowance, nowMs) >= this.#maxEvents) this.#allowances.delete(key);
    }
    this.#nextPurgeAt = Math.max(FEW_CALLS, 2 * this.#allowances.size);
  }
}
