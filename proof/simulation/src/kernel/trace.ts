import { type Scheduler } from './scheduler.ts';

/** The trace of a run, line by line; created only if it is read. */
export class Trace {
  readonly lines: string[] = [];
  readonly #scheduler: Scheduler;
  readonly #isKept: boolean;

  constructor(scheduler: Scheduler, isKept: boolean) {
    this.#scheduler = scheduler;
    this.#isKept = isKept;
  }

  tell(who: string, text: () => string): void {
    if (!this.#isKept) return;
    const seconds = ((this.#scheduler.nowMs - this.#scheduler.startMs) / 1000).toFixed(4);
    this.lines.push(`${seconds.padStart(9)}  ${who.padEnd(12)} ${text()}`);
  }
}
