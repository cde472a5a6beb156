import {
  decodeEvent,
  decodeEvents,
  foldEvents,
  initialState,
  toCallRecord,
  type CallEvent,
  type CallKey,
  type CallRecord,
} from '@turnlog/call-events';
import { type JoinedEvents, type LoggedEvent, type ReadLog } from './logged-events.ts';

/** An entry of the log that is no event of this call. */
export interface UndecodableEvent extends LoggedEvent {
  /** A short code, and what is wrong; never a value out of the event. */
  readonly problem: { readonly code: string; readonly detail: string };
}

/** A call's log, folded. */
export interface FoldedLog {
  readonly record: CallRecord;
  /** The entries that are events. In one piece where all are, and came so. */
  readonly events: readonly LoggedEvent[] | JoinedEvents;
  readonly undecodable: readonly UndecodableEvent[];
}

const OTHER_CALL = { code: 'other_call', detail: 'it is an event of another call' };

/** Folds a log into its record. Entries that are no events are left out of it, and told. */
export function foldLog(call: CallKey, log: ReadLog): FoldedLog {
  const { joined } = log;
  const events = joined && decodeEvents(joined.text(), joined.count);
  const isWhole = events?.every((event) => isOf(call, event)) === true;
  return joined !== undefined && isWhole
    ? { record: fold(call, events), events: joined, undecodable: [] }
    : foldOneByOne(call, log.entries);
}

function foldOneByOne(call: CallKey, entries: readonly LoggedEvent[]): FoldedLog {
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
  return { record: fold(call, decodedEvents), events, undecodable };
}

function fold(call: CallKey, events: readonly CallEvent[]): CallRecord {
  return toCallRecord(foldEvents(initialState(call), events));
}

function isOf({ tenant, callSid }: CallKey, event: CallEvent): boolean {
  return event.tenant === tenant && event.callSid === callSid;
}
