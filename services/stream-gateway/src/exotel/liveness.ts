/** How long a peer may be quiet. */
export interface LivenessLimits {
  /** Without any frame for this long the stream is `idle`: audio flows even while nobody speaks. */
  readonly idleTimeoutMs: number;
  readonly pingEveryMs: number;
}

/** What is to be done about a peer. */
export type LivenessVerdict = 'alive' | 'ping' | 'idle' | 'half_open';

/**
 * Tells a live peer from a dead one, from counts that are looked at now and then: no clock is read for a frame. A peer
 * that sends frames is alive even if it never answers a ping, because it is not known whether Exotel does.
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

  /** To be asked every now and then; `nowMs` is monotonic. */
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
