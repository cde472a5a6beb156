import { type CallKey } from '@turnlog/call-events';
import { type LiveCalls } from '@turnlog/call-log';
import { type Retention } from './retention.ts';

/** What a {@link HeartbeatLoop} needs. */
export interface HeartbeatLoopOptions {
  readonly liveCalls: Pick<LiveCalls, 'touch'>;
  readonly retention: Retention;
  readonly openCalls: () => CallKey[];
  readonly now: () => number;
  readonly onFailure: (error: unknown) => void;
}

/** Marks the gateway's calls as live for the sweep, and ends the retention of events that Postgres has. */
export class HeartbeatLoop {
  readonly #options: HeartbeatLoopOptions;
  #isBeating = false;

  constructor(options: HeartbeatLoopOptions) {
    this.#options = options;
  }

  /** One beat, unless the previous one is in progress. Never throws; the next beat makes up for a failed one. */
  beat(): void {
    if (this.#isBeating) return;
    this.#isBeating = true;
    this.#touchAndSweep()
      .catch((error: unknown) => this.#options.onFailure(error))
      .finally(() => (this.#isBeating = false));
  }

  async #touchAndSweep(): Promise<void> {
    const { liveCalls, retention, openCalls, now } = this.#options;
    const calls = openCalls();
    if (calls.length > 0) await liveCalls.touch(calls);
    await retention.sweep(now());
  }
}
