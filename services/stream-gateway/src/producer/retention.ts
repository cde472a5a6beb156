import { type ReadCallLogs } from '@turnlog/call-log';
import { type EventProducer } from './event-producer.ts';

/** The most heads that are read in one round trip. */
const HEADS_AT_ONCE = 500;

/** Reads a head without any event: no call has a seq as high as this. */
const NO_EVENTS = Number.MAX_SAFE_INTEGER;

/** What is let go of at a time when there is too much: the oldest eighth of the time that it spans. */
const SLICES = 8;
const MIN_SLICE_MS = 100;

interface Entry {
  /** When its connection was over; producers of open connections are kept anyway. */
  closedAtMs: number | undefined;
}

/** The producers of a gateway, and how long each is still needed: until its events are in Postgres, or for a while. */
export class Retention {
  readonly #producers = new Map<EventProducer, Entry>();
  readonly #readLogs: ReadCallLogs;
  readonly #keepAfterCloseMs: number;
  readonly #maxTotalBytes: number;
  #isOverloaded = false;

  constructor(readLogs: ReadCallLogs, keepAfterCloseMs: number, maxTotalBytes = Number.POSITIVE_INFINITY) {
    this.#readLogs = readLogs;
    this.#keepAfterCloseMs = keepAfterCloseMs;
    this.#maxTotalBytes = maxTotalBytes;
  }

  get producers(): readonly EventProducer[] {
    return [...this.#producers.keys()];
  }

  get retainedBytes(): number {
    return this.producers.reduce((sum, { retainedBytes }) => sum + retainedBytes, 0);
  }

  get pendingBytes(): number {
    return this.producers.reduce((sum, { pendingBytes }) => sum + pendingBytes, 0);
  }

  /** What Redis has not acknowledged took all the room there is when it was last looked at. */
  get isOverloaded(): boolean {
    return this.#isOverloaded;
  }

  /**
   * Lets go of the oldest acknowledged events of all producers until what is left has room; never of others. It goes by
   * slices of time, as looking for the oldest event each time would cost more than it is worth.
   */
  enforceLimit(nowMs: number): void {
    this.#isOverloaded = this.pendingBytes > this.#maxTotalBytes;
    while (this.retainedBytes > this.#maxTotalBytes) {
      const oldest = this.producers.flatMap(({ oldestAcknowledgedAtMs }) => oldestAcknowledgedAtMs ?? []);
      if (oldest.length === 0) return;
      const oldestMs = oldest.reduce((a, b) => Math.min(a, b));
      const sliceMs = Math.max(MIN_SLICE_MS, (nowMs - oldestMs) / SLICES);
      for (const producer of this.#producers.keys()) producer.forgetAcknowledgedBefore(oldestMs + sliceMs);
    }
  }

  add(producer: EventProducer): void {
    this.#producers.set(producer, { closedAtMs: undefined });
  }

  /** No more events come from it. */
  close(producer: EventProducer, nowMs: number): void {
    const entry = this.#producers.get(producer);
    if (entry !== undefined) entry.closedAtMs ??= nowMs;
  }

  /** Compares every producer with the head of its call, and lets go of those that are done. Rejects without Redis. */
  async sweep(nowMs: number): Promise<void> {
    const waiting = this.producers.filter(({ retainedBytes }) => retainedBytes > 0);
    for (let start = 0; start < waiting.length; start += HEADS_AT_ONCE) {
      await this.#compare(waiting.slice(start, start + HEADS_AT_ONCE));
    }
    for (const [producer, { closedAtMs }] of this.#producers) {
      if (closedAtMs !== undefined && this.#isDone(producer, nowMs - closedAtMs))
        this.#producers.delete(producer);
    }
  }

  async #compare(producers: readonly EventProducer[]): Promise<void> {
    const heads = await this.#readLogs(producers.map(({ call }) => ({ call, fromSeq: NO_EVENTS })));
    producers.forEach((producer, index) => {
      const head = heads[index];
      if (head !== undefined) producer.compareWithHead(head);
    });
  }

  #isDone({ pendingEvents, retainedBytes }: EventProducer, closedForMs: number): boolean {
    return pendingEvents === 0 && (retainedBytes === 0 || closedForMs > this.#keepAfterCloseMs);
  }
}
