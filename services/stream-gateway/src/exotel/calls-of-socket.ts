import { EventRate } from '../domain/event-rate.ts';
import { type CallConnection } from './call-connection.ts';

/** How many calls a second one socket may begin: ten at once, as `EventRate` has it, and then so many. */
const CALLS_PER_SECOND = 1;

/**
 * The calls that follow each other on one socket of the carrier. A socket holds the place of one call, so that the calls on it
 * are bounded as well: by their number, by their rate, and by the agents of calls that are over.
 */
export class CallsOfSocket {
  readonly #maxCalls: number;
  readonly #rate: EventRate;
  #calls = 1;
  #lingering: CallConnection | undefined;

  constructor(maxCalls: number, nowMs: number) {
    this.#maxCalls = maxCalls;
    this.#rate = new EventRate(CALLS_PER_SECOND, nowMs);
  }

  /** Whether another call may begin after this one, whose agent may go on reporting. The agent of an earlier one is let go of. */
  follow(previous: CallConnection, nowMs: number): boolean {
    this.#lingering?.closeAgent();
    this.#lingering = previous;
    this.#calls += 1;
    return this.#calls <= this.#maxCalls && this.#rate.take(nowMs);
  }
}
