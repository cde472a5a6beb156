import {
  decodeEvent,
  decodeEvents,
  foldEvents,
  initialState,
  memoryOf,
  toCallRecord,
  type CallEvent,
  type CallKey,
  type CallRecord,
  type CallState,
} from '@turnlog/call-events';
import { type JoinedEvents, type LoggedEvent, type ReadLog } from './segments.ts';

/** An entry of the log that is not an event of this call. */
export interface UndecodableEvent extends LoggedEvent {
  /** A short code, and what is wrong; never a value out of the event. */
  readonly problem: { readonly code: string; readonly detail: string };
}

/** A page of a log, decoded. */
interface DecodedPage {
  /** The entries that are events. In one piece if all are events and were read so. */
  readonly events: readonly LoggedEvent[] | JoinedEvents;
  readonly undecodable: readonly UndecodableEvent[];
}

const OTHER_CALL = { code: 'other_call', detail: 'it is an event of another call' };

/** Folds a log page by page: of the pages before, only the state of the call is kept. */
export class LogFold {
  readonly #call: CallKey;
  readonly #isWeighed: boolean;
  #state: CallState;
  #memoryBytes = 0;
  #turnBytes = 0;

  /** Measuring memory costs a tenth of the fold, so a log that is known to be short is not measured. */
  constructor(call: CallKey, { isWeighed }: { readonly isWeighed: boolean }) {
    this.#call = call;
    this.#isWeighed = isWeighed;
    this.#state = initialState(call);
  }

  /** About how much memory the state takes; 0 if it is not measured. */
  get memoryBytes(): number {
    return this.#memoryBytes;
  }

  /** The row has at least this many bytes; 0 if it is not measured. */
  get leastRowBytes(): number {
    return this.#turnBytes;
  }

  add(page: ReadLog): DecodedPage {
    const { decoded, ...rest } = decodePage(this.#call, page);
    this.#state = foldEvents(this.#state, decoded);
    if (this.#isWeighed) for (const event of decoded) this.#weigh(event);
    return rest;
  }

  record(): CallRecord {
    return toCallRecord(this.#state);
  }

  #weigh(event: CallEvent): void {
    this.#memoryBytes += memoryOf(event);
    if (event.type === 'turn.completed') this.#turnBytes += Buffer.byteLength(event.data.text);
  }
}

/** Decodes a page of a call's log. */
function decodePage(call: CallKey, page: ReadLog): DecodedPage & { readonly decoded: readonly CallEvent[] } {
  const { joined } = page;
  const decoded = joined && decodeEvents(joined.text(), joined.count);
  const isWhole = decoded?.every((event) => isOf(call, event)) === true;
  return joined !== undefined && isWhole
    ? { decoded, events: joined, undecodable: [] }
    : decodeOneByOne(call, page.entries);
}

function decodeOneByOne(call: CallKey, entries: readonly LoggedEvent[]) {
  const decodedEvents: CallEvent[] = [];
  const events: LoggedEvent[] = [];
  const undecodable: UndecodableEvent[] = [];
  for (const entry of entries) {
    const decoded = decodeEvent(entry.text);
    if (!decoded.ok) undecodable.push({ ...entry, problem: decoded.problem });
    else if (!isOf(call, decoded.event)) undecodable.push({ ...entry, problem: OTHER_CALL });
    else {
      decodedEvents.push(decoded.event);
      events.push(entry);
    }
  }
  return { decoded: decodedEvents, events, undecodable };
}

function isOf({ tenant, callSid }: CallKey, event: CallEvent): boolean {
  return event.tenant === tenant && event.callSid === callSid;
}
