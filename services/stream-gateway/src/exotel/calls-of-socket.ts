import { EventRate } from '../domain/event-rate.ts';
import { type CallConnection } from './call-connection.ts';

/** How many calls a second one socket may start, after ten at once. */
const CALLS_PER_SECOND = 1;

/** Limits the calls that follow each other on one socket: their number, their rate, and the agents of ended calls. */
export class CallsOfSocket {
  readonly #maxCalls: number;
  readonly #rate: EventRate;
  #calls = 1;
  #lingering: CallConnection | undefined;

  constructor(maxCalls: number, nowMs: number) {
    this.#maxCalls = maxCalls;
    this.#rate = new EventRate(CALLS_PER_SECOND, nowMs);
  }

  /** Whether another call may start after this one, whose agent may still report. Closes the agent of the one before. */
  follow(previous: CallConnection, nowMs: number): boolean {
    this.#lingering?.closeAgent();
    this.#lingering = previous;
    this.#calls += 1;
    return this.#calls <= this.#maxCalls && this.#rate.take(nowMs);
  }
}
