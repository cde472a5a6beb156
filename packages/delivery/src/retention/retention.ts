import { type ReadCallLogs } from '@turnlog/call-log';
import { type RetentionBuffer } from './retention-buffer.ts';

/** The most heads that are read in one round trip. */
const HEADS_AT_ONCE = 500;

/** Reads a head without any event: no call has a seq as high as this. */
const NO_EVENTS = Number.MAX_SAFE_INTEGER;

/** Where there is too much, the oldest eighth of the time that it spans is forgotten at once. */
const SLICES = 8;
const MIN_SLICE_MS = 100;

/** Runs a task of one call, and reports what it throws instead of throwing it. */
export interface TaskGuard {
  run(entry: string, task: () => void): void;
}

/** For tests. */
const UNGUARDED: TaskGuard = { run: (_entry, task) => task() };

interface Entry {
  /** When its connection ended, or its last report came; unknown while its connection is open. */
  closedAtMs: number | undefined;
  readonly onGone: () => void;
}

/** The retention buffers of a gateway. Each stays until Postgres has its events, or for a while. */
export class Retention {
  readonly #buffers = new Map<RetentionBuffer, Entry>();
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

  get buffers(): readonly RetentionBuffer[] {
    return [...this.#buffers.keys()];
  }

  get retainedBytes(): number {
    return this.buffers.reduce((sum, { retainedBytes }) => sum + retainedBytes, 0);
  }

  get pendingBytes(): number {
    const inBuffers = this.buffers.reduce((sum, { pendingBytes }) => sum + pendingBytes, 0);
    return inBuffers + this.#otherPendingBytes();
  }

  /** Counts the memory of other events that are not acknowledged. */
  countAlso(otherPendingBytes: () => number): void {
    this.#otherPendingBytes = otherPendingBytes;
  }

  /** Unacknowledged events took all the room that there is at the last check. */
  get isOverloaded(): boolean {
    return this.#isOverloaded;
  }

  /**
   * Forgets the oldest acknowledged events of all buffers until the others have room; never unacknowledged ones. It
   * forgets slices of time: to find the oldest event each time would cost too much.
   */
  enforceLimit(nowMs: number): void {
    this.#isOverloaded = this.pendingBytes > this.#maxTotalBytes;
    while (this.retainedBytes + this.#otherPendingBytes() > this.#maxTotalBytes) {
      const oldest = this.buffers.flatMap(({ oldestAcknowledgedAtMs }) => oldestAcknowledgedAtMs ?? []);
      if (oldest.length === 0) return;
      const oldestMs = oldest.reduce((a, b) => Math.min(a, b));
      const sliceMs = Math.max(MIN_SLICE_MS, (nowMs - oldestMs) / SLICES);
      for (const buffer of this.#buffers.keys()) buffer.forgetAcknowledgedBefore(oldestMs + sliceMs);
    }
  }

  /** Takes a buffer; `onGone` is called when it is removed. */
  add(buffer: RetentionBuffer, onGone: () => void = () => undefined): void {
    this.#buffers.set(buffer, { closedAtMs: undefined, onGone });
  }

  /** No more events are expected in a buffer. */
  close(buffer: RetentionBuffer, nowMs: number): void {
    const entry = this.#buffers.get(buffer);
    if (entry !== undefined) entry.closedAtMs = nowMs;
  }

  /** Compares every buffer with the head of its call, and removes those that are done. Rejects without Redis. */
  async sweep(nowMs: number): Promise<void> {
    const filled = this.buffers.filter(({ retainedBytes }) => retainedBytes > 0);
    for (let start = 0; start < filled.length; start += HEADS_AT_ONCE) {
      await this.#compare(filled.slice(start, start + HEADS_AT_ONCE));
    }
    for (const [buffer, { closedAtMs, onGone }] of this.#buffers) {
      if (closedAtMs === undefined || !this.#isDone(buffer, nowMs - closedAtMs)) continue;
      this.#buffers.delete(buffer);
      this.#guard.run('retention.gone', onGone);
    }
  }

  async #compare(buffers: readonly RetentionBuffer[]): Promise<void> {
    const heads = await this.#readLogs(buffers.map(({ call }) => ({ call, fromSeq: NO_EVENTS })));
    buffers.forEach((buffer, index) => {
      const head = heads[index];
      if (head !== undefined) this.#guard.run('retention.compare', () => buffer.compareWithHead(head));
    });
  }

  #isDone({ pendingEvents, retainedBytes }: RetentionBuffer, closedForMs: number): boolean {
    return pendingEvents === 0 && (retainedBytes === 0 || closedForMs > this.#keepAfterCloseMs);
  }
}
