import { closeSync, openSync, writeSync } from 'node:fs';
import { type AgentMessage } from './planned-call.ts';
import { contentOfMessage, eventIdOf, hashOf } from './content.ts';

/** The state of an event that was sent. Acknowledged once is acknowledged for good. */
export type LedgerState = 'unknown' | 'acknowledged' | 'refused';

/** One event in the journal. */
export interface LedgerEvent {
  readonly id: string;
  readonly hash: string;
  readonly message: AgentMessage;
  state: LedgerState;
}

/** How a call's line ended, from its carrier's side. */
export type LineEnd = 'hung-up' | 'cut';

/** A call in the journal. */
export interface LedgerCall {
  readonly callSid: string;
  readonly events: ReadonlyMap<string, LedgerEvent>;
  /** In order; none for a call without a line. A call may be dialled more than once. */
  readonly lineEnds: readonly LineEnd[];
}

interface WritableCall extends LedgerCall {
  readonly events: Map<string, LedgerEvent>;
  readonly lineEnds: LineEnd[];
}

/**
 * The events that were sent and acknowledged: recorded as it happens, and compared with the record
 * afterwards.
 */
export class Ledger {
  readonly #descriptor: number;
  readonly #calls = new Map<string, WritableCall>();
  #isClosed = false;
  /** Events that were resent although they had been acknowledged, or whose answer was lost. */
  resent = 0;

  constructor(file: string) {
    this.#descriptor = openSync(file, 'w');
  }

  /** Records an event before it is sent for the first time. A duplicate is counted, and changes nothing. */
  sent(callSid: string, message: AgentMessage): LedgerEvent {
    const { events } = this.#callOf(callSid);
    const id = eventIdOf(message);
    const known = events.get(id);
    if (known !== undefined) {
      this.resent += 1;
      return known;
    }
    const hash = hashOf(contentOfMessage(message));
    const event: LedgerEvent = { id, hash, message, state: 'unknown' };
    events.set(id, event);
    this.#write('sent', callSid, { id, hash });
    return event;
  }

  /** Turnlog acknowledged the event. */
  acknowledged(callSid: string, event: LedgerEvent): void {
    if (event.state === 'acknowledged') return;
    event.state = 'acknowledged';
    this.#write('acknowledged', callSid, { id: event.id });
  }

  /** Turnlog refused the event for good. */
  refused(callSid: string, event: LedgerEvent, code: string): void {
    event.state = 'refused';
    this.#write('refused', callSid, { id: event.id, code });
  }

  lineEnded(callSid: string, end: LineEnd): void {
    this.#callOf(callSid).lineEnds.push(end);
    this.#write('line', callSid, { end });
  }

  calls(): readonly LedgerCall[] {
    return [...this.#calls.values()];
  }

  count(state: LedgerState): number {
    const events = this.calls().flatMap((call) => [...call.events.values()]);
    return events.filter((event) => event.state === state).length;
  }

  /** Stops recording: calls of a failed scenario may still be in progress. */
  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    closeSync(this.#descriptor);
  }

  #callOf(callSid: string): WritableCall {
    const call: WritableCall = this.#calls.get(callSid) ?? { callSid, events: new Map(), lineEnds: [] };
    this.#calls.set(callSid, call);
    return call;
  }

  #write(what: string, call: string, fields: object): void {
    if (this.#isClosed) return;
    writeSync(
      this.#descriptor,
      `${JSON.stringify({ at: new Date().toISOString(), what, call, ...fields })}\n`,
    );
  }
}
