import type { Erasure } from '@turnlog/call-store';
import type { CallPlaces } from './call-places.ts';
import { Findings, type FoundPerson } from './find-person.ts';
import { numbersInValue } from './phones/numbers-in.ts';
import type { Finding } from './phones/phone-matcher.ts';
import { readPhone, type Region } from './phones/phone.ts';
import { saidOfCalls } from './said-of-calls.ts';
import { callSubject, legacyPhoneSubject, phoneSubject } from './subjects.ts';

/**
 * The calls that the ledger lists as erased, and that exist all the same: an older backup brought them back.
 * Later calls of an erased person stay.
 */
export async function foundByLedger(
  places: CallPlaces,
  erasures: readonly Erasure[],
  { key, region }: { readonly key: string; readonly region: Region },
): Promise<FoundPerson> {
  const calls = new Set(erasures.filter(({ kind }) => kind === 'call').map(({ subject }) => subject));
  const isErasedPerson = personsOf(erasures, key, region);
  const findings = new Findings();
  for await (const { place, value, beganAt, ...call } of saidOfCalls(places)) {
    const isErasedCall = calls.has(callSubject(key, call));
    findings.addCall(call, place, isErasedCall ? 'certain' : isErasedPerson(call.tenant, value, beganAt));
  }
  for (const { reference, tenant, callSid, value, beganAt } of await places.store.privacy.placements()) {
    const isOfErasedCall = callSid !== null && calls.has(callSubject(key, { tenant, callSid }));
    findings.addPlacement(reference, isOfErasedCall ? 'certain' : isErasedPerson(tenant, value, beganAt));
  }
  return findings.all();
}

/** Whether a value contains the number of a person who was erased after the moment. */
function personsOf(erasures: readonly Erasure[], key: string, region: Region) {
  const phones = new Map<string, Erasure[]>();
  for (const erasure of erasures) {
    if (erasure.kind === 'phone') {
      phones.set(erasure.subject, [...(phones.get(erasure.subject) ?? []), erasure]);
    }
  }
  const isOfRegion = (e164: string, national: string) => readPhone(national, region)?.e164 === e164;
  return (tenant: string, value: unknown, beganAt: Date): Finding => {
    if (phones.size === 0) return 'none';
    const isErased = (subject: string) =>
      phones
        .get(subject)
        ?.some((erasure) => (erasure.tenant ?? tenant) === tenant && beganAt <= erasure.erasedAt) === true;
    let finding: Finding = 'none';
    for (const { e164, national } of numbersInValue(value, region)) {
      if (isErased(phoneSubject(key, e164))) return 'certain';
      if (!isErased(legacyPhoneSubject(key, e164))) continue;
      if (isOfRegion(e164, national)) return 'certain';
      finding = 'ambiguous';
    }
    return finding;
  };
}
