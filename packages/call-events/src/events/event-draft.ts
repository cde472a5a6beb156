import { createEvent, type EventOrigin } from './create-event.ts';
import { type EventData, type EventType, type KnownEvent } from './call-event.ts';
import { toStorable } from '../text/storable.ts';
import { type JsonValue } from '../text/json.ts';

interface DraftOf<T extends EventType> {
  readonly type: T;
  readonly data: EventData<T>;
  /** When it happened, Unix ms. */
  readonly atMs: number;
  /** Without one the event gets a random id. */
  readonly id?: string;
  /** Base64 of the message it came from, where its text had to be changed to be storable. */
  readonly original?: string;
  /** How often personal data was taken out of it. */
  readonly redactions?: number;
  /** Of a report that was made before: which revision of it this is. */
  readonly revision?: number;
  /** Of a revision: `atMs` was said, and is not when it came. */
  readonly isTimed?: boolean;
  /** What tells it from another report of the same id. */
  readonly fingerprint?: string;
}

/** An event before it has a place: what happened, without call, source and sequence. */
export type EventDraft = { [T in EventType]: DraftOf<T> }[EventType];

/** Gives a draft its place in a call and a source. */
export function placeEvent(
  { type, data, atMs, ...known }: EventDraft,
  place: Pick<EventOrigin, 'call' | 'source'> & { readonly sourceSeq: number },
): KnownEvent {
  // A draft pairs each type with its own data; TypeScript can't follow a pair through two parameters.
  return createEvent<EventType>(type, data, {
    ...place,
    atMs,
    ...known,
  }) as KnownEvent;
}

/** A draft made from a frame of the carrier, with text that Postgres takes; `rawBase64` gives the frame as it came. */
export function storableDraft(draft: EventDraft, rawBase64: () => string): EventDraft {
  const storable = toStorable(draft.data as JsonValue);
  if (storable === undefined || storable.changedStrings === 0) return draft;
  return { ...draft, data: storable.value, original: rawBase64() } as EventDraft;
}
