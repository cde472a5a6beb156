import { type CallKey } from '@turnlog/call-events';
import { type Erasure } from '@turnlog/call-store';
import { distinct } from './erase-calls.ts';
import { callsWithPhones, phonesIn, type CallPlaces } from './find-person.ts';
import { callSubject, phoneSubject } from './subjects.ts';

/** What there is of people who are to be erased: their calls, and calls to them that were asked of the carrier. */
export interface FoundPerson {
  readonly calls: readonly CallKey[];
  readonly placements: readonly string[];
}

/**
 * The calls that the ledger says were erased, and that are there all the same: a backup from before has brought them back.
 * A person who was erased and has called again since is another matter: calls that began later stay.
 */
export async function foundByLedger(
  places: CallPlaces,
  erasures: readonly Erasure[],
  key: string,
): Promise<FoundPerson> {
  const calls = new Set(erasures.filter(({ kind }) => kind === 'call').map(({ subject }) => subject));
  const phones = erasures.filter(({ kind }) => kind === 'phone');
  const isErasedCall = (call: CallKey) => calls.has(callSubject(key, call));
  const isErasedPerson = (tenant: string, numbers: readonly string[], beganAt: Date) => {
    const subjects = new Set(numbers.map((phone) => phoneSubject(key, phone)));
    return phones.some(
      (erasure) =>
        subjects.has(erasure.subject) && (erasure.tenant ?? tenant) === tenant && beganAt <= erasure.erasedAt,
    );
  };
  const found: CallKey[] = [];
  for await (const call of callsWithPhones(places)) {
    if (isErasedPerson(call.tenant, call.phones, call.beganAt) || isErasedCall(call)) found.push(call);
  }
  for await (const call of places.store.callKeys()) if (isErasedCall(call)) found.push(call);
  const placements = (await places.store.privacy.placements()).filter(({ tenant, numbers, beganAt }) =>
    isErasedPerson(tenant, phonesIn(numbers), beganAt),
  );
  return { calls: distinct(found), placements: placements.map(({ reference }) => reference) };
}
