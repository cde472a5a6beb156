import { callId, type CallKey } from '@turnlog/call-events';
import { type SimProcess } from '../kernel/sim-process.ts';

/** An event that was acknowledged to its sender. */
export interface AcknowledgedEvent {
  readonly call: CallKey;
  readonly id: string;
  /** The gateways that keep it for a Redis that loses it. */
  readonly holders: SimProcess[];
}

/** The accepted and the acknowledged events, kept outside of everything that may break. */
export class Ledger {
  readonly #accepted = new Map<string, Set<string>>();
  readonly #acknowledged = new Map<string, AcknowledgedEvent>();
  /** Events that Redis lost, though their log has not expired. */
  readonly #lostByRedis = new Set<string>();
  /** Those of them that were not in Postgres by then. */
  readonly #lostForGood = new Set<string>();

  accept(call: CallKey, id: string): void {
    const ids = this.#accepted.get(callId(call)) ?? new Set();
    this.#accepted.set(callId(call), ids.add(id));
  }

  acknowledge(call: CallKey, id: string, holder: SimProcess): void {
    this.#acknowledgedEvent(call, id).holders.push(holder);
  }

  /** It was acknowledged long ago, by a gateway that is gone. */
  acknowledgeOld(call: CallKey, id: string): void {
    this.accept(call, id);
    this.#acknowledgedEvent(call, id);
  }

  loseInRedis(call: CallKey, id: string, isArchived: boolean): void {
    this.#lostByRedis.add(keyOf(call, id));
    if (!isArchived) this.#lostForGood.add(keyOf(call, id));
  }

  /** It is in Redis (again). */
  findInRedis(call: CallKey, id: string): void {
    this.#lostByRedis.delete(keyOf(call, id));
    this.#lostForGood.delete(keyOf(call, id));
  }

  isAccepted(call: CallKey, id: string): boolean {
    return this.#accepted.get(callId(call))?.has(id) === true;
  }

  acknowledgedOf(call: CallKey): AcknowledgedEvent[] {
    return [...this.#acknowledged.values()].filter((event) => callId(event.call) === callId(call));
  }

  /** Redis lost it, and no living process could resend it: the only way in which an event may be lost. */
  mayBeLost({ call, id, holders }: AcknowledgedEvent): boolean {
    return this.#lostForGood.has(keyOf(call, id)) && areDead(holders);
  }

  #acknowledgedEvent(call: CallKey, id: string): AcknowledgedEvent {
    const key = keyOf(call, id);
    const event = this.#acknowledged.get(key) ?? { call, id, holders: [] };
    this.#acknowledged.set(key, event);
    return event;
  }

  /**
   * Redis lost it, though it may be in Postgres, and no living process can continue from where Redis was.
   */
  isForgotten(call: CallKey, id: string): boolean {
    const holders = this.#acknowledged.get(keyOf(call, id))?.holders ?? [];
    return this.#lostByRedis.has(keyOf(call, id)) && areDead(holders);
  }
}

function areDead(holders: readonly SimProcess[]): boolean {
  return holders.every(({ isAlive }) => !isAlive);
}

function keyOf(call: CallKey, id: string): string {
  return `${callId(call)} ${id}`;
}
