import {
  createEvent,
  type CallKey,
  type EventData,
  type EventType,
  type KnownEvent,
} from '@turnlog/call-events';
import { type AppendRequest } from '../append/append-request.ts';
import { toNewEvent } from '../append/new-event.ts';

/** The time of every test event. */
export const T0 = Date.UTC(2026, 0, 25, 11, 15, 0);

/** A type and its data. */
export type AnyEventData = { [T in EventType]: readonly [type: T, data: EventData<T>] }[EventType];

/** A call of the default tenant. */
export function callOf(callSid: string): CallKey {
  return { tenant: 'default', callSid };
}

/** An ordered request of one connection: events numbered from `firstSourceSeq` on. */
export function ordered(
  call: CallKey,
  source: string,
  firstSourceSeq: number,
  data: readonly AnyEventData[],
): AppendRequest {
  const events = data.map((each, index) =>
    toNewEvent(toEvent(call, each, { source, sourceSeq: firstSourceSeq + index }), { rememberId: false }),
  );
  return { call, mode: 'ordered', events };
}

/** An unordered request: events known by their ids. */
export function unordered(
  call: CallKey,
  ...data: readonly (readonly [id: string, ...AnyEventData])[]
): AppendRequest {
  const events = data.map(([id, ...each]) =>
    toNewEvent(toEvent(call, each, { source: 'http:test', id }), { rememberId: true }),
  );
  return { call, mode: 'unordered', events };
}

/** A turn of the caller. */
export function turn(text: string): AnyEventData {
  return ['turn.completed', { speaker: 'user', text }];
}

function toEvent(
  call: CallKey,
  [type, data]: AnyEventData,
  origin: { source: string; sourceSeq?: number; id?: string },
): KnownEvent {
  return createEvent(type, data, { call, atMs: T0, ...origin }) as KnownEvent;
}
