import { type EventHeader, type EventType, type KnownEvent } from './call-event.ts';
import { decodeEvent, encodeEvent } from './codec.ts';

/** The fields of an event that are used until it is in the log. */
export interface EncodedHeader extends Readonly<
  Omit<EventHeader, 'v' | 'isTimed' | 'original' | 'redactions'>
> {
  readonly type: EventType;
}

/** An event that is encoded once: the append, the spool and every resend use its text, which takes little memory. */
export interface EncodedEvent {
  readonly event: EncodedHeader;
  readonly text: string;
  /** Size of the text in UTF-8. */
  readonly bytes: number;
}

/** Encodes an event. */
export function toEncodedEvent(event: KnownEvent): EncodedEvent {
  return withText(event, encodeEvent(event));
}

/** Reads an event from its text and keeps the text; `undefined` for a text that is not an event of this version. */
export function readEncodedEvent(text: string): EncodedEvent | undefined {
  const decoded = decodeEvent(text);
  return decoded.ok && decoded.event.type !== 'unknown' ? withText(decoded.event, text) : undefined;
}

/** The same event under another source and source sequence. Nothing else of its text changes. */
export function underSource<E extends EncodedEvent>(encoded: E, source: string, sourceSeq: number): E {
  const { event, text, bytes } = encoded;
  if (event.source === source && event.sourceSeq === sourceSeq) return encoded;
  const before = placeOf(event.source, event.sourceSeq);
  const after = placeOf(source, sourceSeq);
  // A value in the text can't contain this: a quote in a value has a backslash before it.
  const start = text.indexOf(before);
  if (start === -1)
    throw new Error(`the text of event ${event.id} does not have its source at the expected place`);
  return {
    ...encoded,
    event: { ...event, source, sourceSeq },
    text: `${text.slice(0, start)}${after}${text.slice(start + before.length)}`,
    bytes: bytes + Buffer.byteLength(after) - Buffer.byteLength(before),
  };
}

/** Whether an event is the end of a connection. */
export function endsConnection({ event: { type } }: EncodedEvent): boolean {
  return type === 'call.ended' || type === 'call.disconnected';
}

function withText(event: KnownEvent, text: string): EncodedEvent {
  const { id, revision, fingerprint, type, tenant, callSid, source, sourceSeq, at } = event;
  const header = { id, revision, fingerprint, type, tenant, callSid, source, sourceSeq, at };
  return { event: header, text, bytes: Buffer.byteLength(text) };
}

function placeOf(source: string, sourceSeq: number | undefined): string {
  return `,"source":${JSON.stringify(source)},"sourceSeq":${sourceSeq},`;
}
