/** An action at a moment of virtual time, unless it is cancelled. */
interface Occurrence {
  readonly atMs: number;
  /** Of two at one moment, the one that was scheduled first comes first. */
  readonly order: number;
  act: (() => void) | undefined;
}

/**
 * Virtual time: actions run in the order of their moments, one at a time, each with all its consequences
 * before the next. Nothing waits in real time.
 */
export class Scheduler {
  readonly startMs: number;
  #nowMs: number;
  #asked = 0;
  readonly #heap: Occurrence[] = [];

  constructor(startMs: number) {
    this.startMs = startMs;
    this.#nowMs = startMs;
  }

  get nowMs(): number {
    return this.#nowMs;
  }

  /** Schedules `act` in this many milliseconds; returns how to cancel it. */
  after(delayMs: number, act: () => void): () => void {
    const occurrence: Occurrence = { atMs: this.#nowMs + Math.max(0, delayMs), order: this.#asked++, act };
    this.#push(occurrence);
    return () => (occurrence.act = undefined);
  }

  /** Advances time until the condition holds; false if it did not within this many milliseconds. */
  async runUntil(isReached: () => boolean, withinMs: number): Promise<boolean> {
    const deadlineMs = this.#nowMs + withinMs;
    while (!isReached()) {
      if (!this.#happen(deadlineMs)) return isReached();
      await allSettled();
    }
    return true;
  }

  /** Runs the next action; false if there is none before the deadline. */
  #happen(deadlineMs: number): boolean {
    for (;;) {
      const next = this.#heap[0];
      if (next === undefined || next.atMs > deadlineMs) {
        this.#nowMs = deadlineMs;
        return false;
      }
      this.#pop();
      if (next.act === undefined) continue;
      this.#nowMs = next.atMs;
      next.act();
      return true;
    }
  }

  #push(occurrence: Occurrence): void {
    const heap = this.#heap;
    let index = heap.push(occurrence) - 1;
    while (index > 0) {
      const parent = (index - 1) >> 1;
      if (!comesBefore(occurrence, heap[parent])) break;
      heap[index] = heap[parent] as Occurrence;
      index = parent;
    }
    heap[index] = occurrence;
  }

  #pop(): void {
    const heap = this.#heap;
    const last = heap.pop();
    if (last === undefined || heap.length === 0) return;
    let index = 0;
    for (;;) {
      const left = 2 * index + 1;
      if (left >= heap.length) break;
      const right = left + 1;
      const child = right < heap.length && comesBefore(heap[right], heap[left]) ? right : left;
      if (!comesBefore(heap[child], last)) break;
      heap[index] = heap[child] as Occurrence;
      index = child;
    }
    heap[index] = last;
  }
}

function comesBefore(a: Occurrence | undefined, b: Occurrence | undefined): boolean {
  if (a === undefined || b === undefined) return a !== undefined;
  return a.atMs === b.atMs ? a.order < b.order : a.atMs < b.atMs;
}

/** Resolves when every promise that can settle has settled, and its continuations have run. */
function allSettled(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
