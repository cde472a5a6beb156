import { callId, endsConnection } from '@turnlog/call-events';
import { type ProducerSpool, type SpoolHold } from '../delivery-options.ts';

type Store = ProducerSpool['store'];

/**
 * Bounds what the spool takes of one call: what it has acknowledged is appended later beyond every limit. What ends a
 * connection is taken always, with what comes before it.
 */
export class SpoolRoom {
  readonly #maxCallBytes: number;
  readonly #bytes = new Map<string, number>();

  constructor(maxCallBytes: number) {
    this.#maxCallBytes = maxCallBytes;
  }

  /** A store that answers `undefined`, as one that can't store, where the call has no more room. */
  bound(store: Store): Store {
    return async (events) => {
      const [first] = events;
      if (first === undefined) return store(events);
      const member = callId(first.event);
      const bytes = events.reduce((sum, event) => sum + event.bytes, 0);
      if (!this.#take(member, bytes, events.some(endsConnection))) return undefined;
      const hold = await store(events);
      if (hold !== undefined) return this.#giveBackWith(hold, member, { bytes, events: events.length });
      this.#giveBack(member, bytes);
      return undefined;
    };
  }

  #take(member: string, bytes: number, isTakenAlways: boolean): boolean {
    const total = (this.#bytes.get(member) ?? 0) + bytes;
    if (total > this.#maxCallBytes && !isTakenAlways) return false;
    this.#bytes.set(member, total);
    return true;
  }

  #giveBack(member: string, bytes: number): void {
    const left = (this.#bytes.get(member) ?? 0) - bytes;
    if (left > 0) this.#bytes.set(member, left);
    else this.#bytes.delete(member);
  }

  #giveBackWith(
    hold: SpoolHold,
    member: string,
    stored: { readonly bytes: number; readonly events: number },
  ): SpoolHold {
    let left = stored.events;
    return {
      release: (events) => {
        hold.release(events);
        left -= events;
        if (left === 0) this.#giveBack(member, stored.bytes);
      },
    };
  }
}
