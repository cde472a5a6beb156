import {
  decodeEvent,
  foldEvents,
  initialState,
  toCallRecord,
  type CallEvent,
  type CallKey,
  type CallRecord,
} from '@turnlog/call-events';

/** One entry of a call's log. */
export interface LoggedEvent {
  readonly seq: number;
  readonly text: string;
}

/** An entry of the log that is no event of this call. */
export interface UndecodableEvent extends LoggedEvent {
  /** A short code, and what is wrong; never a value out of the event. */
  readonly problem: { readonly code: string; readonly detail: string };
}

/** A call's log, folded. */
export interface FoldedLog {
  readonly record: CallRecord;
  /** The entries that are events. */
  readonly events: readonly LoggedEvent[];
  readonly undecodable: readonly UndecodableEvent[];
}

const OTHER_CALL = { code: 'other_call', detail: 'it is an event of another call' };

/** Folds a log into its record. Entries that are no events are left out of it, and told. */
export function foldLog(call: CallKey, log: readonly LoggedEvent[]): FoldedLog {
  const decodedEvents: CallEvent[] = [];
  const events: LoggedEvent[] = [];
  const undecodable: UndecodableEvent[] = [];
  for (const entry of log) {
    const decoded = decodeEvent(entry.text);
    if (!decoded.ok) undecodable.push({ ...entry, problem: decoded.problem });
    else if (!isOf(call, decoded.event)) undecodable.push({ ...entry, problem: OTHER_CALL });
    else {
      decodedEvents.push(decoded.event);
      events.push(entry);
    }
  }
  return { record: toCallRecord(foldEvents(initialState(call), decodedEvents)), events, undecodable };
}

function isOf({ tenant, callSid }: CallKey, event: CallEvent): boolean {
  return event.tenant === tenant && event.callSid === callSid;
}
