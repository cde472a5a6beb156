import {
  decodeEvent,
  encodeEvent,
  isTerminal,
  type CallKey,
  type EventType,
  type KnownEvent,
} from '@turnlog/call-events';

/** What of an event is needed beside its text until it is in the log. */
export interface EventHeader extends CallKey {
  readonly id: string;
  readonly revision?: number | undefined;
  readonly fingerprint?: string | undefined;
  readonly type: EventType;
  readonly source: string;
  readonly sourceSeq?: number | undefined;
  readonly at: string;
}

/**
 * An event on its way into the log. It is encoded once and kept as its text: the object takes many times as much memory.
 */
export interface NewEvent {
  readonly event: EventHeader;
  readonly text: string;
  /** Size of the text in UTF-8. */
  readonly bytes: number;
  /**
   * What it says of the call's connections: `+<connection>` opens one, `-<connection>` closes one, `!` says that the call
   * is over according to the carrier; else it is empty.
   */
  readonly change: string;
  /** Whether a later event of the same id is a repeat. Unordered sources need it; so do ids that an agent chose. */
  readonly rememberId: boolean;
  /** It was refused as a conflict, and is sent again only for its place in its source. */
  readonly isRefused?: boolean;
}

/** Encodes an event for the log. */
export function toNewEvent(event: KnownEvent, { rememberId }: { readonly rememberId: boolean }): NewEvent {
  return withText(event, encodeEvent(event), rememberId);
}

/** Reads an event back from its text, which is kept as it is; `undefined` for a text that is no event of this version. */
export function readNewEvent(
  text: string,
  { rememberId }: { readonly rememberId: boolean },
): NewEvent | undefined {
  const decoded = decodeEvent(text);
  return decoded.ok && decoded.event.type !== 'unknown'
    ? withText(decoded.event, text, rememberId)
    : undefined;
}

/** The same event under another source, with another place there. Nothing else of its text changes. */
export function underSource(newEvent: NewEvent, source: string, sourceSeq: number): NewEvent {
  const { event, text, rememberId } = newEvent;
  const place = placeOf(event.source, event.sourceSeq);
  // No value in a text can contain this: a quote in a value has a backslash before it.
  const start = text.indexOf(place);
  if (start === -1) throw new Error(`the text of event ${event.id} does not name its source where it should`);
  const moved = `${text.slice(0, start)}${placeOf(source, sourceSeq)}${text.slice(start + place.length)}`;
  const header = { ...event, source, sourceSeq };
  return { ...newEvent, event: header, text: moved, bytes: Buffer.byteLength(moved), rememberId };
}

function placeOf(source: string, sourceSeq: number | undefined): string {
  return `,"source":${JSON.stringify(source)},"sourceSeq":${sourceSeq},`;
}

function withText(event: KnownEvent, text: string, rememberId: boolean): NewEvent {
  const { id, revision, fingerprint, type, tenant, callSid, source, sourceSeq, at } = event;
  const header = { id, revision, fingerprint, type, tenant, callSid, source, sourceSeq, at };
  return { event: header, text, bytes: Buffer.byteLength(text), change: changeBy(event), rememberId };
}

function changeBy(event: KnownEvent): string {
  if (event.type === 'call.started') return `+${event.data.connectionId}`;
  if (event.type === 'call.ended' || event.type === 'call.disconnected') return `-${event.data.connectionId}`;
  // A call that never streams has no connection to close: its row would wait until it is quiet.
  if (event.type === 'call.status_reported' && isTerminal(event.data.status)) return '!';
  return '';
}
