import { type z } from 'zod';
import { carrierEvents } from './carrier.ts';
import { dialogueEvents } from './dialogue.ts';
import { type envelope } from './envelope.ts';
import { lifecycleEvents } from './lifecycle.ts';

/** The schema of each event type's data. */
export const eventData = { ...lifecycleEvents, ...dialogueEvents, ...carrierEvents };

/** The event types of this version. */
export type EventType = keyof typeof eventData;

/** The data of one event type. */
export type EventData<T extends EventType> = z.infer<(typeof eventData)[T]>;

/** The fields that every event carries beside its type and data. */
export type EventHeader = Omit<z.infer<typeof envelope>, 'type' | 'data'>;

/** One event of one type. */
export type EventOf<T extends EventType> = EventHeader & { type: T; data: EventData<T> };

/** Any event of a type of this version. */
export type KnownEvent = { [T in EventType]: EventOf<T> }[EventType];

/** A type that only a newer version knows: counted and archived, so that old and new services run side by side. */
export type UnknownEvent = EventHeader & { type: 'unknown'; unknownType: string; data: unknown };

/** Anything that a call's log may hold. */
export type CallEvent = KnownEvent | UnknownEvent;

/** Whether this version has a schema for the type. */
export function isEventType(type: string): type is EventType {
  return Object.hasOwn(eventData, type);
}
