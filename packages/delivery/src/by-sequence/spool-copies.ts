import { type ProducerSpool, type SpoolHold } from '../delivery-options.ts';
import { type RetainedEvent } from './retained-event.ts';
import { type RetainedEvents } from './retained-events.ts';

/** The copies on the disk of one producer's unacknowledged events. */
export class SpoolCopies {
  readonly #retained: RetainedEvents;
  readonly #spool: ProducerSpool | undefined;
  readonly #onStored: (retained: RetainedEvent) => void;
  /** Events before this source sequence were looked at in this stall. */
  #storedBefore = 0;
  #underWay: Promise<void> = Promise.resolve();

  constructor(
    retained: RetainedEvents,
    spool: ProducerSpool | undefined,
    onStored: (retained: RetainedEvent) => void,
  ) {
    this.#retained = retained;
    this.#spool = spool;
    this.#onStored = onStored;
  }

  /** Stores what has come since the last time. */
  store(): void {
    if (this.#spool === undefined) return;
    const events = this.#retained.pending(this.#storedBefore);
    this.#storedBefore = this.#retained.nextSeq;
    const missing = events.filter(({ spooled, isRefused }) => spooled === undefined && !isRefused);
    if (missing.length > 0)
      this.#underWay = Promise.all([this.#underWay, this.#put(missing, this.#spool)]).then();
  }

  /** Stores whatever has no copy, with what an earlier attempt could not store. */
  storeAgain(): void {
    this.#storedBefore = 0;
    this.store();
  }

  /** Resolves when no attempt is under way. */
  async whenStored(): Promise<void> {
    await this.#underWay;
  }

  /** Redis has acknowledged the event. */
  release(retained: RetainedEvent): void {
    const { spooled } = retained;
    retained.spooled = undefined;
    if (typeof spooled === 'object') spooled.release(1);
  }

  async #put(events: readonly RetainedEvent[], spool: ProducerSpool): Promise<void> {
    for (const retained of events) retained.spooled = 'asked';
    const hold = await spool.store(events);
    for (const retained of events) this.#onAnswer(retained, hold);
  }

  #onAnswer(retained: RetainedEvent, hold: SpoolHold | undefined): void {
    // Acknowledged meanwhile: `release` has seen to it.
    const isWanted = retained.spooled === 'asked';
    retained.spooled = isWanted ? hold : retained.spooled;
    if (hold === undefined) return;
    if (isWanted) this.#onStored(retained);
    else hold.release(1);
  }
}
