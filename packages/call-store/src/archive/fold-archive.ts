import {
  decodeEvent,
  foldEvents,
  initialState,
  toCallRecord,
  type CallEvent,
  type CallKey,
  type CallRecord,
} from '@turnlog/call-events';
import { type ArchivedEvent } from './read-archive.ts';

/** At most this much text is parsed at a time: objects take many times as much memory. */
const MAX_LENGTH_AT_ONCE = 1_000_000;

/** The fold of a call's archive, and its texts that could not be folded. */
export interface FoldedArchive {
  readonly record: CallRecord;
  /** The epochs that it has events of, in the order in which they were first seen. */
  readonly epochs: readonly string[];
  readonly unreadable: readonly UnreadableEvent[];
}

/** An archived text that is not an event of the call. Never contains a value of it. */
export interface UnreadableEvent {
  readonly epoch: string;
  readonly seq: number;
  readonly reason: string;
}

/** Folds the union of all archived events of a call. */
export function foldArchive(call: CallKey, events: readonly ArchivedEvent[]): FoldedArchive {
  const unreadable: UnreadableEvent[] = [];
  let state = initialState(call);
  let readable: CallEvent[] = [];
  let length = 0;
  for (const { epoch, seq, text } of events) {
    const event = readEvent(call, text);
    if (typeof event === 'string') unreadable.push({ epoch, seq, reason: event });
    else readable.push(event);
    length += text.length;
    if (length < MAX_LENGTH_AT_ONCE) continue;
    state = foldEvents(state, readable);
    [readable, length] = [[], 0];
  }
  const epochs = [...new Set(events.map(({ epoch }) => epoch))];
  return { record: toCallRecord(foldEvents(state, readable)), epochs, unreadable };
}

function readEvent({ tenant, callSid }: CallKey, text: string): CallEvent | string {
  const decoded = decodeEvent(text);
  if (!decoded.ok) return decoded.problem.detail;
  const { event } = decoded;
  return event.tenant === tenant && event.callSid === callSid ? event : 'it is an event of another call';
}
