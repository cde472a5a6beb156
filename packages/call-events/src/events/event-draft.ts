import { createEvent, type EventOrigin } from './create-event.ts';
import { type EventData, type EventType, type KnownEvent } from './call-event.ts';
import { toStorable } from '../text/storable.ts';
import { type JsonValue } from '../text/json.ts';

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
