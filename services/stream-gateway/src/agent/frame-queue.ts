import { type ParsedFrame } from '@turnlog/exotel';

/** A frame as it was received. */
export interface RawFrame {
  readonly data: Buffer;
  readonly isBinary: boolean;
  /** `opening` is `connected` and `start`; audio may be dropped where nothing else may. */
  readonly role: 'opening' | 'media' | 'other';
}

/** The role of a carrier's frame for an agent. */
export function roleOf({ kind }: Pick<ParsedFrame, 'kind'>): RawFrame['role'] {
  if (kind === 'media') return 'media';
  return kind === 'connected' || kind === 'start' ? 'opening' : 'other';
}

/** Frames that wait for a socket. Above `maxBytes` the oldest audio is dropped, and never anything else. */
export class FrameQueue {
  readonly #maxBytes: number;
  #frames: RawFrame[] = [];
  #bytes = 0;
  #mediaFrames = 0;

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  /** More than `maxBytes` only if none of it is audio. */
  get bytes(): number {
    return this.#bytes;
  }

  /** Adds a frame; returns how many were dropped for it. */
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
