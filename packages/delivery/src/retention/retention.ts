import { type ReadCallLogs } from '@turnlog/call-log';
import { type EventHolder } from './event-holder.ts';

/** The most heads that are read in one round trip. */
const HEADS_AT_ONCE = 500;

/** Reads a head without any event: no call has a seq as high as this. */
const NO_EVENTS = Number.MAX_SAFE_INTEGER;

/** What is let go of at a time when there is too much: the oldest eighth of the time that it spans. */
const SLICES = 8;
const MIN_SLICE_MS = 100;

/** Runs a task of one call, and reports what it throws instead of throwing it. */
export interface TaskGuard {
  run(entry: string, task: () => void): void;
}

/** For a retention alone, as tests have it. */
const UNGUARDED: TaskGuard = { run: (_entry, task) => task() };

interface Entry {
  /** When its connection was over, or its last report came; producers of open connections are kept anyway. */
  closedAtMs: number | undefined;
  readonly onGone: () => void;
}

/** Who holds events in a gateway, and how long each is still needed: until its events are in Postgres, or for a while. */
export class Retention {
  readonly #holders = new Map<EventHolder, Entry>();
  readonly #readLogs: ReadCallLogs;
  readonly #keepAfterCloseMs: number;
  readonly #maxTotalBytes: number;
  readonly #guard: TaskGuard;
  #isOverloaded = false;
  #otherPendingBytes: () => number = () => 0;

  constructor(
    readLogs: ReadCallLogs,
    keepAfterCloseMs: number,
    maxTotalBytes = Number.POSITIVE_INFINITY,
    guard: TaskGuard = UNGUARDED,
  ) {
    this.#readLogs = readLogs;
    this.#keepAfterCloseMs = keepAfterCloseMs;
    this.#maxTotalBytes = maxTotalBytes;
    this.#guard = guard;
  }

  get holders(): readonly EventHolder[] {
    return [...this.#holders.keys()];
  }

  get retainedBytes(): number {
    return this.holders.reduce((sum, { retainedBytes }) => sum + retainedBytes, 0);
  }

  get pendingBytes(): number {
    const ofHolders = this.holders.reduce((sum, { pendingBytes }) => sum + pendingBytes, 0);
    return ofHolders + this.#otherPendingBytes();
  }

  /** Counts what else waits for Redis in the memory of the gateway. */
  countAlso(otherPendingBytes: () => number): void {
    this.#otherPendingBytes = otherPendingBytes;
  }

  /** What Redis has not acknowledged took all the room there is when it was last looked at. */
  get isOverloaded(): boolean {
    return this.#isOverloaded;
  }

  /**
   * Lets go of the oldest acknowledged events of all holders until what is left has room; never of others. It goes by
   * slices of time, as looking for the oldest event each time would cost more than it is worth.
   */
  enforceLimit(nowMs: number): void {
    this.#isOverloaded = this.pendingBytes > this.#maxTotalBytes;
    while (this.retainedBytes + this.#otherPendingBytes() > this.#maxTotalBytes) {
      const oldest = this.holders.flatMap(({ oldestAcknowledgedAtMs }) => oldestAcknowledgedAtMs ?? []);
      if (oldest.length === 0) return;
      const oldestMs = oldest.reduce((a, b) => Math.min(a, b));
      const sliceMs = Math.max(MIN_SLICE_MS, (nowMs - oldestMs) / SLICES);
      for (const holder of this.#holders.keys()) holder.forgetAcknowledgedBefore(oldestMs + sliceMs);
    }
  }

  /** Answers for a holder from now on; `onGone` is called when it is let go of. */
  add(holder: EventHolder, onGone: () => void = () => undefined): void {
    this.#holders.set(holder, { closedAtMs: undefined, onGone });
  }

  /** No more events come to it, as far as is known now. */
  close(holder: EventHolder, nowMs: number): void {
    const entry = this.#holders.get(holder);
    if (entry !== undefined) entry.closedAtMs = nowMs;
  }

  /** Compares every holder with the head of its call, and lets go of those that are done. Rejects without Redis. */
  async sweep(nowMs: number): Promise<void> {
    const waiting = this.holders.filter(({ retainedBytes }) => retainedBytes > 0);
    for (let start = 0; start < waiting.length; start += HEADS_AT_ONCE) {
      await this.#compare(waiting.slice(start, start + HEADS_AT_ONCE));
    }
    for (const [holder, { closedAtMs, onGone }] of this.#holders) {
      if (closedAtMs === undefined || !this.#isDone(holder, nowMs - closedAtMs)) continue;
      this.#holders.delete(holder);
      this.#guard.run('retention.gone', onGone);
    }
  }

  async #compare(holders: readonly EventHolder[]): Promise<void> {
    const heads = await this.#readLogs(holders.map(({ call }) => ({ call, fromSeq: NO_EVENTS })));
    holders.forEach((holder, index) => {
      const head = heads[index];
      if (head !== undefined) this.#guard.run('retention.compare', () => holder.compareWithHead(head));
    });
  }

  #isDone({ pendingEvents, retainedBytes }: EventHolder, closedForMs: number): boolean {
    return pendingEvents === 0 && (retainedBytes === 0 || closedForMs > this.#keepAfterCloseMs);
  }
}
