import { type Socket } from 'node:net';
import { type Rng } from '@turnlog/test-kit';
import { type LaneFaults } from './lane-faults.ts';

/** The sender is paused while more than this is in flight. */
const MAX_QUEUED_BYTES = 256 * 1024;

type Item = { readonly dueAt: number } & (
  { readonly kind: 'data'; readonly data: Buffer } | { readonly kind: 'end' }
);

/** The sockets of a lane. */
export interface LaneEnds {
  readonly from: Socket;
  readonly to: Socket;
}

export interface LaneOptions extends LaneEnds {
  readonly faults: () => LaneFaults;
  readonly rng: Rng;
  /** Sees each chunk before it enters the lane; false to drop it. */
  readonly inspect: (chunk: Buffer) => boolean;
}

/** The bytes in one direction of one connection: a queue in which each piece has its time of arrival. */
export class Lane {
  readonly #options: Pick<LaneOptions, 'faults' | 'rng' | 'inspect'>;
  #ends: LaneEnds;
  readonly #queue: Item[] = [];
  #queuedBytes = 0;
  #lastDueAt = 0;
  #timer: NodeJS.Timeout | undefined;
  #isFrozen = false;
  #isEnded = false;
  /** When data last arrived, by `performance.now()`; 0 before the first time. */
  lastArrivalMs = 0;

  constructor({ from, to, ...options }: LaneOptions) {
    this.#options = options;
    this.#ends = { from, to };
    this.#follow(from, to);
  }

  /** Switches to other sockets. Data in flight arrives there; data of the old ones is ignored. */
  redirect(ends: LaneEnds): void {
    const { from, to } = this.#ends;
    this.#ends = ends;
    this.#follow(ends.from === from ? undefined : ends.from, ends.to === to ? undefined : ends.to);
  }

  /** Nothing gets through until the faults of the proxy change, or for ever. */
  get isHeld(): boolean {
    return this.#isFrozen || this.#options.faults().isBlackHole === true;
  }

  /** Nothing gets through on this connection until it thaws. */
  freeze(): void {
    this.#isFrozen = true;
  }

  thaw(): void {
    this.#isFrozen = false;
    this.wake();
  }

  /** Half-closes the receiver after the data in flight. */
  end(): void {
    if (this.#isEnded) return;
    this.#isEnded = true;
    this.#queue.push({ kind: 'end', dueAt: this.#dueAt(0) });
    this.wake();
  }

  /** Delivers due data: when the faults have changed, time has passed, or there is room again. */
  wake(): void {
    clearTimeout(this.#timer);
    const { to, from } = this.#ends;
    while (!this.isHeld && !to.writableNeedDrain) {
      const item = this.#queue[0];
      if (item === undefined) break;
      const waitMs = item.dueAt - performance.now();
      if (waitMs > 0) {
        this.#timer = setTimeout(() => this.wake(), waitMs);
        break;
      }
      this.#queue.shift();
      this.#deliver(item);
    }
    if (this.#queuedBytes <= MAX_QUEUED_BYTES) from.resume();
  }

  stop(): void {
    clearTimeout(this.#timer);
    this.#queue.length = 0;
    this.#isFrozen = true;
  }

  #follow(from: Socket | undefined, to: Socket | undefined): void {
    from?.on('data', (chunk: Buffer) => {
      if (this.#ends.from === from) this.#take(chunk);
    });
    from?.on('end', () => {
      if (this.#ends.from === from) this.end();
    });
    to?.on('drain', () => this.wake());
  }

  #take(chunk: Buffer): void {
    if (this.#isEnded || !this.#options.inspect(chunk)) return;
    for (const data of this.#slice(chunk)) {
      this.#queue.push({ kind: 'data', data, dueAt: this.#dueAt(data.length) });
      this.#queuedBytes += data.length;
    }
    if (this.#queuedBytes > MAX_QUEUED_BYTES) this.#ends.from.pause();
    this.wake();
  }

  #slice(chunk: Buffer): Buffer[] {
    const { sliceBytes } = this.#options.faults();
    if (sliceBytes === undefined) return [chunk];
    const pieces: Buffer[] = [];
    for (let start = 0; start < chunk.length; start += pieces.at(-1)?.length ?? 1) {
      pieces.push(chunk.subarray(start, start + this.#options.rng.int(1, sliceBytes)));
    }
    return pieces;
  }

  #dueAt(bytes: number): number {
    const { latencyMs = 0, jitterMs = 0, sliceDelayMs = 0, bytesPerSecond } = this.#options.faults();
    const onTheWayMs = latencyMs + (jitterMs > 0 ? this.#options.rng.next() * jitterMs : 0);
    const apartMs = sliceDelayMs + (bytesPerSecond === undefined ? 0 : (1_000 * bytes) / bytesPerSecond);
    this.#lastDueAt = Math.max(performance.now() + onTheWayMs, this.#lastDueAt + apartMs);
    return this.#lastDueAt;
  }

  #deliver(item: Item): void {
    const { to } = this.#ends;
    this.lastArrivalMs = performance.now();
    if (item.kind === 'data') {
      this.#queuedBytes -= item.data.length;
      if (to.writable) to.write(item.data);
    } else if (to.writable) {
      to.end();
    }
  }
}
