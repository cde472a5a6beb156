import { type NewEvent } from '@turnlog/call-log';
import { type ProducerSpool, type SpoolHold } from '../delivery-options.ts';

/** An event that may need a copy in the spool. */
export interface Unacknowledged extends NewEvent {
  /** Its copy in the spool, from when that is requested until the log has the event. */
  copy: 'requested' | SpoolHold | undefined;
}

/** Whether the only copy of an unacknowledged event is the one in memory. */
export function isUnsafe({ copy }: Unacknowledged): boolean {
  return typeof copy !== 'object';
}

/** The copies in the spool of one loop's unacknowledged events. */
export class SpoolCopies<E extends Unacknowledged> {
  readonly #spool: Pick<ProducerSpool, 'store'> | undefined;
  readonly #unacknowledged: () => readonly E[];
  readonly #onStored: (event: E) => void;
  #pending: Promise<void> = Promise.resolve();

  constructor(options: {
    readonly spool: Pick<ProducerSpool, 'store'> | undefined;
    readonly unacknowledged: () => readonly E[];
    readonly onStored?: (event: E) => void;
  }) {
    this.#spool = options.spool;
    this.#unacknowledged = options.unacknowledged;
    this.#onStored = options.onStored ?? (() => undefined);
  }

  /** Copies those of the events that have no copy; so those again that the spool did not take before. */
  store(events: readonly E[]): void {
    const missing = events.filter(({ copy, isRefused }) => copy === undefined && isRefused !== true);
    if (this.#spool === undefined || missing.length === 0) return;
    this.#pending = Promise.all([this.#pending, this.#store(missing, this.#spool)]).then();
  }

  storeAll(): void {
    if (this.#spool !== undefined) this.store(this.#unacknowledged());
  }

  /** Resolves when no copy is being written. */
  async whenStored(): Promise<void> {
    await this.#pending;
  }

  /** The log has the event, or will never have it. */
  release(event: E): void {
    const { copy } = event;
    event.copy = undefined;
    if (typeof copy === 'object') copy.release(1);
  }

  async #store(events: readonly E[], spool: Pick<ProducerSpool, 'store'>): Promise<void> {
    for (const event of events) event.copy = 'requested';
    const hold = await spool.store(events);
    for (const event of events) {
      // Where the log got the event meanwhile, nothing else releases this copy.
      const isNeeded = event.copy === 'requested';
      if (isNeeded) event.copy = hold;
      if (hold === undefined) continue;
      if (isNeeded) this.#onStored(event);
      else hold.release(1);
    }
  }
}
