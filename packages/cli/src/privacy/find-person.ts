import { decodeEvent, type CallEvent, type CallKey, type JsonValue } from '@turnlog/call-events';
import { readCallLogs, type CallEraser, type DeadLetters, type KeySpace } from '@turnlog/call-log';
import { type CallStore } from '@turnlog/call-store';
import { recordsInSpools } from '@turnlog/spool';
import { type Redis } from 'ioredis';
import { phoneOf } from './subjects.ts';

/** Where calls are. */
export interface CallPlaces {
  readonly store: CallStore;
  readonly redis: Redis;
  readonly space: KeySpace;
  readonly eraser: CallEraser;
  readonly letters: DeadLetters;
  /** The folders of the gateways' spools that are known. */
  readonly spoolDirs: readonly string[];
}

/** A call that a person may be in. */
export interface PersonCall extends CallKey {
  readonly phones: readonly string[];
  readonly beganAt: Date;
}

/** Every call in Postgres, Redis, the dead letters and the spools, with the phones that it was held with; some come twice. */
export async function* callsWithPhones(places: CallPlaces): AsyncGenerator<PersonCall> {
  for await (const { numbers, ...call } of places.store.privacy.callNumbers()) {
    yield { ...call, phones: phonesIn(numbers) };
  }
  for await (const call of places.eraser.loggedCalls()) yield await readLogged(places, call);
  for (const { call, original, atMs } of await places.letters.list()) {
    yield {
      ...call,
      phones: phonesIn(original.match(/\+?\d[\d ()-]{7,20}\d/g) ?? []),
      beganAt: new Date(atMs),
    };
  }
  for (const folder of places.spoolDirs) {
    for await (const { event, text } of recordsInSpools(folder)) {
      const { tenant, callSid } = event;
      const decoded = decodeEvent(text);
      const numbers = decoded.ok ? numbersOf(decoded.event) : [];
      yield { tenant, callSid, phones: phonesIn(numbers), beganAt: new Date(event.at) };
    }
  }
}

/** A call that is not in Postgres yet, or not as a whole. */
async function readLogged({ redis, space }: CallPlaces, call: CallKey): Promise<PersonCall> {
  const [log] = await readCallLogs(redis, space, [{ call, fromSeq: 1 }]);
  const events = (log?.entries ?? []).flatMap(({ text }) => {
    const decoded = decodeEvent(text);
    return decoded.ok ? [decoded.event] : [];
  });
  const numbers = events.flatMap(numbersOf);
  return { ...call, phones: phonesIn(numbers), beganAt: new Date(events[0]?.at ?? Date.now()) };
}

/** Texts of an event that may be the other party's number. */
function numbersOf({ type, data }: CallEvent): string[] {
  return type === 'call.started' || type === 'call.status_reported' ? textsOf(data as JsonValue) : [];
}

function textsOf(value: JsonValue): string[] {
  if (typeof value === 'string') return [value];
  return typeof value === 'object' && value !== null ? Object.values(value).flatMap(textsOf) : [];
}

/** The phones among texts. */
export function phonesIn(texts: readonly string[]): string[] {
  return texts.flatMap((text) => phoneOf(text) ?? []);
}
