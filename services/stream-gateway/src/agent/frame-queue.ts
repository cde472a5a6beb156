import { type ParsedFrame } from '@turnlog/exotel';

/** A frame as it came, text or binary. */
export interface RawFrame {
  readonly data: Buffer;
  readonly isBinary: boolean;
  /** `opening` is `connected` and `start`; audio may be dropped where nothing else may. */
  readonly role: 'opening' | 'media' | 'other';
}

/** What a frame of the carrier is to an agent. */
export function roleOf({ kind }: Pick<ParsedFrame, 'kind'>): RawFrame['role'] {
  if (kind === 'media') return 'media';
  return kind === 'connected' || kind === 'start' ? 'opening' : 'other';
}

/** Frames that wait for a socket. With too many of them the oldest audio goes, and nothing else ever does. */
export class FrameQueue {
  readonly #maxBytes: number;
  #frames: RawFrame[] = [];
  #bytes = 0;
  #mediaFrames = 0;

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  /** More than `maxBytes` only when there is no audio among them. */
  get bytes(): number {
    return this.#bytes;
  }

  /** Adds a frame; returns how many had to go for it. */
  push(frame: RawFrame): number {
    this.#frames.push(frame);
    this.#bytes += frame.data.length;
    if (frame.role === 'media') this.#mediaFrames += 1;
    let dropped = 0;
    for (; this.#bytes > this.#maxBytes && this.#mediaFrames > 0; dropped += 1) this.#dropOldestMedia();
    return dropped;
  }

  /** All frames in order; the queue is empty after it. */
  takeAll(): readonly RawFrame[] {
    const frames = this.#frames;
    this.#frames = [];
    this.#bytes = 0;
    this.#mediaFrames = 0;
    return frames;
  }

  #dropOldestMedia(): void {
    const oldest = this.#frames.findIndex(({ role }) => role === 'media');
    const [dropped] = this.#frames.splice(oldest, 1);
    this.#bytes -= dropped?.data.length ?? 0;
    this.#mediaFrames -= 1;
  }
}
