import { type CallKey } from '@turnlog/call-events';
import { eventOf, type AnyEventData } from '@turnlog/call-events/testing';
import { type AppendRequest } from '../append/append-request.ts';
import { toNewEvent } from '../append/new-event.ts';

/** An ordered request of one connection: events numbered from `firstSourceSeq` on. */
export function ordered(
  call: CallKey,
  source: string,
  firstSourceSeq: number,
  data: readonly AnyEventData[],
): AppendRequest {
  const events = data.map((each, index) =>
    toNewEvent(eventOf(each, { call, source, sourceSeq: firstSourceSeq + index }), { rememberId: false }),
  );
  return { call, mode: 'ordered', events };
}

/** An unordered request: events known by their ids. */
export function unordered(
  call: CallKey,
  ...data: readonly (readonly [id: string, ...AnyEventData])[]
): AppendRequest {
  const events = data.map(([id, ...each]) =>
    toNewEvent(eventOf(each, { call, source: 'http:test', id }), { rememberId: true }),
  );
  return { call, mode: 'unordered', events };
}
