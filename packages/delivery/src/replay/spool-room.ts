import { callId, endsConnection, type EncodedEvent } from '@turnlog/call-events';
import { type ProducerSpool, type SpoolHold } from '../delivery-options.ts';

type Store = ProducerSpool['store'];

/**
 * Limits what the spool takes of one call: its events are acknowledged and are appended later beyond every limit. The end
 * of a connection is always taken, with the events before it.
 */
export class SpoolRoom {
  readonly #maxCallBytes: number;
  readonly #bytes = new Map<string, number>();

  constructor(maxCallBytes: number) {
    this.#maxCallBytes = maxCallBytes;
  }

  /** A store that resolves to `undefined`, as one that can't store, where the call has no more room. */
  bound(store: Store): Store {
    return async (events) => {
      const [first] = events;
      if (first === undefined) return store(events);
      const id = callId(first.event);
      const bytes = events.reduce((sum, event) => sum + event.bytes, 0);
      if (!this.#take(id, bytes, events)) return undefined;
      const hold = await store(events);
      if (hold === undefined) this.#giveBack(id, bytes);
      return hold && this.#releasing(hold, events.length, () => this.#giveBack(id, bytes));
    };
  }

  #take(id: string, bytes: number, events: readonly EncodedEvent[]): boolean {
    const total = (this.#bytes.get(id) ?? 0) + bytes;
    if (total > this.#maxCallBytes && !events.some(endsConnection)) return false;
    this.#bytes.set(id, total);
    return true;
  }

  #giveBack(id: string, bytes: number): void {
    const left = (this.#bytes.get(id) ?? 0) - bytes;
    if (left > 0) this.#bytes.set(id, left);
    else this.#bytes.delete(id);
  }

  #releasing(hold: SpoolHold, events: number, onReleased: () => void): SpoolHold {
    let left = events;
    return {
      release: (released) => {
        hold.release(released);
        left -= released;
        if (left === 0) onReleased();
      },
    };
  }
}
