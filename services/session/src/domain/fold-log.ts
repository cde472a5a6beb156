import {
  decodeEvent,
  foldEvents,
  memoryOf,
  type CallEvent,
  type CallState,
  type DecodeProblem,
} from '@turnlog/call-events';

/** One event as the log holds it. */
export interface LoggedEvent {
  readonly seq: number;
  readonly text: string;
}

/** An entry of the log that is not an event. */
export interface UndecodableEntry {
  readonly seq: number;
  readonly problem: DecodeProblem;
}

/** A state with a part of the log folded into it. */
export interface FoldedLog {
  readonly state: CallState;
  /** About how much memory the state takes more than the one before. */
  readonly memoryBytes: number;
  /** The entries that are events, in their order. */
  readonly events: readonly LoggedEvent[];
  readonly undecodable: readonly UndecodableEntry[];
}

/** Folds a part of the log into a state. An entry that is not an event is skipped. */
export function foldLog(from: CallState, entries: readonly LoggedEvent[]): FoldedLog {
  const decodedEvents: CallEvent[] = [];
  const events: LoggedEvent[] = [];
  const undecodable: UndecodableEntry[] = [];
  for (const entry of entries) {
    const decoded = decodeEvent(entry.text);
    if (decoded.ok) {
      decodedEvents.push(decoded.event);
      events.push(entry);
    } else {
      undecodable.push({ seq: entry.seq, problem: decoded.problem });
    }
  }
  const memoryBytes = decodedEvents.reduce((sum, event) => sum + memoryOf(event), 0);
  return { state: foldEvents(from, decodedEvents), memoryBytes, events, undecodable };
}
