/* Events for the tests of all packages. */
import {
  type CallEvent,
  type EventData,
  type EventOf,
  type EventType,
  type KnownEvent,
} from '../events/call-event.ts';
import { createEvent, type EventOrigin } from '../events/create-event.ts';
import { type CallKey } from '../events/envelope.ts';
import { initialState } from '../fold/call-state.ts';
import { foldEvents } from '../fold/fold-call.ts';
import { toCallRecord } from '../record/call-record.ts';

/** The time of a test event, unless the test gives another. */
export const T0 = Date.UTC(2026, 0, 25, 11, 15, 0);

/** A type and its data. */
export type AnyEventData = { [T in EventType]: readonly [type: T, data: EventData<T>] }[EventType];

/** A call of the default tenant. */
export function callOf(callSid: string): CallKey {
  return { tenant: 'default', callSid };
}

/** The call of a test event, unless the test gives another. */
export const CALL = callOf('CA1');

/** An event of {@link CALL} at {@link T0}; `origin` states what is different. */
export function eventOf([type, data]: AnyEventData, origin: Partial<EventOrigin> = {}): KnownEvent {
  return createEvent<EventType>(type, data, {
    call: CALL,
    source: 'test',
    atMs: T0,
    ...origin,
  }) as KnownEvent;
}

/** An event this many seconds after {@link T0}, which also give it its source sequence. */
export function eventAt<T extends EventType>(
  type: T,
  data: EventData<T>,
  atS: number,
  origin: Partial<EventOrigin> = {},
): EventOf<T> {
  const place = { call: CALL, source: 'gateway-1', sourceSeq: atS + 1, atMs: T0 + atS * 1000 };
  return createEvent(type, data, { ...place, ...origin });
}

/** A turn of the caller. */
export function turn(text: string): AnyEventData {
  return ['turn.completed', { speaker: 'user', text }];
}

/** The start of a connection. */
export function started(connectionId: string): AnyEventData {
  return ['call.started', { connectionId, from: '09812345610', to: '08045678901' }];
}

/** The carrier's end of a connection. */
export function ended(connectionId: string): AnyEventData {
  return ['call.ended', { connectionId, reason: 'callended' }];
}

/** Given these events of {@link CALL}, and when others follow: its state, and the record of it. */
export function given(...events: readonly CallEvent[]) {
  const state = foldEvents(initialState(CALL), events);
  return {
    state,
    when: (...others: readonly CallEvent[]) => given(...events, ...others),
    record: () => toCallRecord(state),
  };
}
