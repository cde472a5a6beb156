import { type LiveCalls } from '@turnlog/call-log';
import { type CallKey } from '@turnlog/call-events';
import { type Retention } from './retention.ts';

/** Keeps the gateway's calls alive for the sweep, and its memory of their events no longer than is needed. */
export class HeartbeatLoop {
  readonly #liveCalls: Pick<LiveCalls, 'touch'>;
  readonly #retention: Retention;
  readonly #openCalls: () => CallKey[];
  readonly #now: () => number;
  readonly #onFailure: (error: unknown) => void;
  #isBeating = false;

  constructor(options: {
    readonly liveCalls: Pick<LiveCalls, 'touch'>;
    readonly retention: Retention;
    readonly openCalls: () => CallKey[];
    readonly now: () => number;
    readonly onFailure: (error: unknown) => void;
  }) {
    this.#liveCalls = options.liveCalls;
    this.#retention = options.retention;
    this.#openCalls = options.openCalls;
    this.#now = options.now;
    this.#onFailure = options.onFailure;
  }

  /** One beat, unless the one before it is still under way. Never throws; the next beat makes up for a failed one. */
  beat(): void {
    if (this.#isBeating) return;
    this.#isBeating = true;
    this.#touchAndSweep().then(
      () => (this.#isBeating = false),
      (error: unknown) => {
        this.#isBeating = false;
        this.#onFailure(error);
      },
    );
  }

  async #touchAndSweep(): Promise<void> {
    const calls = this.#openCalls();
    if (calls.length > 0) await this.#liveCalls.touch(calls);
    await this.#retention.sweep(this.#now());
  }
}
