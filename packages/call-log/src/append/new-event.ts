import {
  decodeEvent,
  isTerminal,
  toEncodedEvent,
  type EncodedEvent,
  type EventType,
  type KnownEvent,
} from '@turnlog/call-events';

/** An event as the append accepts it. */
export interface NewEvent extends EncodedEvent {
  /** Whether the id of a later event shows a duplicate: for unordered sources, and ids that an agent chose. */
  readonly rememberId: boolean;
  /** It was refused as a conflict, and is resent only to take its source sequence. */
  readonly isRefused?: boolean;
}

/** Encodes an event for the log. */
export function toNewEvent(event: KnownEvent, { rememberId }: { readonly rememberId: boolean }): NewEvent {
  return { ...toEncodedEvent(event), rememberId };
}

const CHANGING: ReadonlySet<EventType> = new Set([
  'call.started',
  'call.ended',
  'call.disconnected',
  'call.status_reported',
]);

/** Whether {@link changeOf} reads the event. */
export function mayChangeConnections({ event: { type } }: EncodedEvent): boolean {
  return CHANGING.has(type);
}

/**
 * How an event changes the connections of its call: `+<connection>` opens one, `-<connection>` closes one,
 * `!` ends the call by a carrier report; else empty. Only these few events are parsed.
 */
export function changeOf(encoded: EncodedEvent): string {
  if (!mayChangeConnections(encoded)) return '';
  const decoded = decodeEvent(encoded.text);
  if (!decoded.ok) throw new Error(`the text of an event can not be read: ${decoded.problem.detail}`);
  const { event } = decoded;
  if (event.type === 'call.started') return `+${event.data.connectionId}`;
  if (event.type === 'call.ended' || event.type === 'call.disconnected') return `-${event.data.connectionId}`;
  // A call that never streams has no connection to close: without this its row would wait until it is quiet.
  if (event.type === 'call.status_reported' && isTerminal(event.data.status)) return '!';
  return '';
}
