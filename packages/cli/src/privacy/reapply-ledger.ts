import { type CallKey } from '@turnlog/call-events';
import { type Erasure } from '@turnlog/call-store';
import { distinct } from './erase-calls.ts';
import { callsWithPhones, type CallPlaces } from './find-person.ts';
import { callSubject, phoneSubject } from './subjects.ts';

/**
 * The calls that the ledger says were erased, and that are there all the same: a backup from before has brought them back.
 * A person who was erased and has called again since is another matter: calls that began later stay.
 */
export async function callsOfLedger(
  places: CallPlaces,
  erasures: readonly Erasure[],
  key: string,
): Promise<CallKey[]> {
  const bySubject = new Map(erasures.map((erasure) => [`${erasure.kind}:${erasure.subject}`, erasure]));
  const found: CallKey[] = [];
  for await (const call of callsWithPhones(places)) {
    const ofPhones = call.phones.map((phone) => bySubject.get(`phone:${phoneSubject(key, phone)}`));
    const isErasedPerson = ofPhones.some(
      (erasure) =>
        erasure !== undefined &&
        (erasure.tenant === null || erasure.tenant === call.tenant) &&
        call.beganAt <= erasure.erasedAt,
    );
    if (isErasedPerson || bySubject.has(`call:${callSubject(key, call)}`)) found.push(call);
  }
  for await (const call of places.store.callKeys()) {
    if (bySubject.has(`call:${callSubject(key, call)}`)) found.push(call);
  }
  return distinct(found);
}
