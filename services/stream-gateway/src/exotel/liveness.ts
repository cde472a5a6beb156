/** How long a peer may be silent. */
export interface LivenessLimits {
  /** Without any frame for this long the stream is `idle`: audio flows even in silence. */
  readonly idleTimeoutMs: number;
  readonly pingEveryMs: number;
}

export type LivenessVerdict = 'alive' | 'ping' | 'idle' | 'half_open';

/**
 * Detects a dead peer from counts that are checked now and then, so that no clock is read for a frame. A peer that sends
 * frames is alive even if it never answers a ping: it is not known whether Exotel does.
 */
export class Liveness {
  readonly #limits: LivenessLimits;
  #frames = 0;
  #framesSeen = 0;
  #lastFrameAtMs: number;
  #nextPingAtMs: number;
  #isPingUnanswered = false;

  constructor(limits: LivenessLimits, nowMs: number) {
    this.#limits = limits;
    this.#lastFrameAtMs = nowMs;
    this.#nextPingAtMs = nowMs + limits.pingEveryMs;
  }

  onFrame(): void {
    this.#frames += 1;
  }

  onPong(): void {
    this.#isPingUnanswered = false;
  }

  /** To be called now and then; `nowMs` is monotonic. */
  check(nowMs: number): LivenessVerdict {
    if (this.#frames !== this.#framesSeen) this.#noteFrames(nowMs);
    if (nowMs - this.#lastFrameAtMs >= this.#limits.idleTimeoutMs) return 'idle';
    if (nowMs < this.#nextPingAtMs) return 'alive';
    if (this.#isPingUnanswered) return 'half_open';
    this.#isPingUnanswered = true;
    this.#nextPingAtMs = nowMs + this.#limits.pingEveryMs;
    return 'ping';
  }

  #noteFrames(nowMs: number): void {
    this.#framesSeen = this.#frames;
    this.#lastFrameAtMs = nowMs;
    this.#isPingUnanswered = false;
  }
}
