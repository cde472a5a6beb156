import { nanoid } from 'nanoid';
import { ENVELOPE_VERSION, type CallKey } from './envelope.ts';
import {
  type EventData,
  type EventHeader,
  type EventOf,
  type EventType,
  type KnownEvent,
} from './call-event.ts';
import { type JsonValue } from '../text/json.ts';
import { toStorable } from '../text/storable.ts';

type KnownFields = 'id' | 'sourceSeq' | 'revision' | 'fingerprint' | 'original' | 'redactions';

/** The facts of an event beside its type and data. Without an id it gets a random one. */
export interface EventOrigin extends Readonly<Partial<Pick<EventHeader, KnownFields>>> {
  readonly call: CallKey;
  readonly source: string;
  /** Unix time in milliseconds. */
  readonly atMs: number;
  /** Of a revision: `atMs` was reported, and is not when the revision came. */
  readonly isTimed?: boolean;
}

/** Wraps data in its envelope. */
export function createEvent<T extends EventType>(
  type: T,
  data: EventData<T>,
  origin: EventOrigin,
): EventOf<T> {
  const { call, source, sourceSeq, atMs, isTimed, revision, fingerprint, original, redactions } = origin;
  return {
    v: ENVELOPE_VERSION,
    id: origin.id ?? nanoid(),
    revision,
    fingerprint,
    isTimed: isTimed === true ? true : undefined,
    type,
    tenant: call.tenant,
    callSid: call.callSid,
    source,
    sourceSeq,
    at: new Date(atMs).toISOString(),
    original,
    redactions,
    data,
  };
}

type Place = Pick<EventOrigin, 'call' | 'source'> & { readonly sourceSeq: number };

interface DraftOf<T extends EventType> extends Omit<EventOrigin, keyof Place> {
  readonly type: T;
  readonly data: EventData<T>;
}

/** An event before it has a place: what happened, without call, source and sequence. */
export type EventDraft = { [T in EventType]: DraftOf<T> }[EventType];

/** Gives a draft its place in a call and a source. */
export function placeEvent({ type, data, ...known }: EventDraft, place: Place): KnownEvent {
  // A draft pairs each type with its own data; TypeScript can't follow a pair through two parameters.
  return createEvent<EventType>(type, data, { ...known, ...place }) as KnownEvent;
}

/** A draft made from a frame of the carrier, with text that Postgres accepts; `rawBase64` returns the frame as it came. */
export function storableDraft(draft: EventDraft, rawBase64: () => string): EventDraft {
  const storable = toStorable(draft.data as JsonValue);
  if (storable === undefined || storable.changedStrings === 0) return draft;
  return { ...draft, data: storable.value, original: rawBase64() } as EventDraft;
}
