import type { CallKey } from '@turnlog/call-events';
import type { StoredText, TextFilter } from '@turnlog/call-store';
import { eventsInSpools } from '@turnlog/spool';
import type { CallPlaces } from './call-places.ts';
import { jsonOrText } from './phones/find-in-value.ts';

/** The kinds of places that contain texts of a call. */
export type Place = 'spool' | 'log' | 'live state' | 'name' | 'dead letter' | 'row' | 'archive' | 'placement';

/** A text of a call in one of these places. */
export interface SaidOfCall extends CallKey {
  readonly place: Place;
  readonly beganAt: Date;
  /** JSON, or another text. */
  readonly value: unknown;
}

/**
 * All texts of calls, one at a time; those in Postgres only if they match the pattern. In the order in which
 * events travel, so that a call that moves on in the meantime is found later.
 */
export async function* saidOfCalls(places: CallPlaces, filter: TextFilter = {}): AsyncGenerator<SaidOfCall> {
  const isAsked = ({ tenant }: CallKey) => (filter.tenant ?? tenant) === tenant;
  for (const folder of places.spoolDirs) {
    for await (const event of eventsInSpools(folder)) {
      const { tenant, callSid, at } = event;
      if (isAsked(event)) yield { tenant, callSid, place: 'spool', beganAt: momentOf(at), value: event };
    }
  }
  for await (const call of places.eraser.calls()) if (isAsked(call)) yield* saidInRedis(places, call);
  for await (const { text, atMs, ...letter } of places.eraser.letterTexts()) {
    if (isAsked(letter)) yield { ...letter, beganAt: momentOf(atMs), value: jsonOrText(text) };
  }
  for await (const stored of places.store.privacy.texts(filter))
    yield { ...stored, beganAt: beginOf(stored) };
}

/** An archive segment is as old as its first event: a restore may have written it again. */
function beginOf({ value, beganAt }: StoredText): Date {
  const [first] = Array.isArray(value) ? (value as unknown[]) : [];
  const saidAt = isObject(first) ? momentOf(first['at']) : beganAt;
  return saidAt < beganAt ? saidAt : beganAt;
}

async function* saidInRedis({ eraser }: CallPlaces, call: CallKey): AsyncGenerator<SaidOfCall> {
  let beganAt: Date | undefined;
  yield { ...call, place: 'name', beganAt: momentOf(undefined), value: call.callSid };
  for await (const { text, place } of eraser.texts(call)) {
    const value = jsonOrText(text);
    beganAt ??= momentOf(isObject(value) ? value['at'] : undefined);
    yield { ...call, place, beganAt, value };
  }
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null;
}

/** A text without a time counts as new: it is not assumed to be old. */
function momentOf(at: unknown): Date {
  const moment = typeof at === 'string' || typeof at === 'number' ? new Date(at) : new Date();
  return Number.isNaN(moment.getTime()) ? new Date() : moment;
}
