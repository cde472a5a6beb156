/** A frame as it came, text or binary. */
export interface RawFrame {
  readonly data: Buffer;
  readonly isBinary: boolean;
  /** `opening` is `connected` and `start`; audio may be dropped where nothing else may. */
  readonly role: 'opening' | 'media' | 'other';
}

/** Frames that wait for a socket: bounded, and the oldest audio goes first when there are too many. */
export class FrameQueue {
  readonly #maxBytes: number;
  #frames: RawFrame[] = [];
  #bytes = 0;

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  /** Adds a frame; returns how many had to go for it. */
  push(frame: RawFrame): number {
    this.#frames.push(frame);
    this.#bytes += frame.data.length;
    let dropped = 0;
    for (; this.#bytes > this.#maxBytes && this.#frames.length > 1; dropped += 1) this.#dropOne();
    return dropped;
  }

  /** All frames in order; the queue is empty after it. */
  takeAll(): readonly RawFrame[] {
    const frames = this.#frames;
    this.#frames = [];
    this.#bytes = 0;
    return frames;
  }

  #dropOne(): void {
    const oldestMedia = this.#frames.findIndex(({ role }) => role === 'media');
    const [dropped] = this.#frames.splice(Math.max(0, oldestMedia), 1);
    this.#bytes -= dropped?.data.length ?? 0;
  }
}
