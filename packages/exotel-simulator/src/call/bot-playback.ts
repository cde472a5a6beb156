import { durationMs } from '@turnlog/exotel';

/**
 * How the carrier plays the agent's audio: it is queued and takes its time, and a mark comes back when all audio before
 * it has been played. The documents do not say what happens to waiting marks when the queue is cleared; here they come
 * back at once.
 */
export class BotPlayback {
  readonly #line: { sampleRate: number; speed: number; returnMark: (name: string) => void };
  #playedAt = 0;
  #waiting: { name: string; dueAt: number }[] = [];
  #timer: NodeJS.Timeout | undefined;

  /** `speed`: how many times faster than real time the call runs. */
  constructor(line: { sampleRate: number; speed: number; returnMark: (name: string) => void }) {
    this.#line = line;
  }

  /** Queues that many bytes of PCM. */
  play(bytes: number): void {
    const { sampleRate, speed } = this.#line;
    this.#playedAt = Math.max(this.#playedAt, performance.now()) + durationMs(bytes, sampleRate) / speed;
  }

  mark(name: string): void {
    this.#waiting.push({ name, dueAt: this.#playedAt });
    this.#returnDueMarks();
  }

  clear(): void {
    this.#playedAt = 0;
    for (const mark of this.#waiting) mark.dueAt = 0;
    this.#returnDueMarks();
  }

  /** Drops the waiting marks: the call is over. */
  stop(): void {
    this.#waiting = [];
    clearTimeout(this.#timer);
  }

  #returnDueMarks(): void {
    clearTimeout(this.#timer);
    for (let next = this.#waiting[0]; next !== undefined; next = this.#waiting[0]) {
      const waitMs = next.dueAt - performance.now();
      if (waitMs > 0) {
        this.#timer = setTimeout(() => this.#returnDueMarks(), Math.ceil(waitMs));
        return;
      }
      this.#waiting.shift();
      this.#line.returnMark(next.name);
    }
  }
}
