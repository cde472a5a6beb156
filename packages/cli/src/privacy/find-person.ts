import { callId, type CallKey } from '@turnlog/call-events';
import { type CallPlaces } from './call-places.ts';
import { postgresPattern } from './phones/digits.ts';
import { findInValue } from './phones/find-in-value.ts';
import { phoneMatcher } from './phones/phone-matcher.ts';
import { type Phone, type Region } from './phones/phone.ts';
import { saidOfCalls, type Place } from './said-of-calls.ts';

/** A call that a person is in, and where that shows. */
export interface FoundCall extends CallKey {
  readonly foundIn: readonly Place[];
}

/** What there is of a person: their calls, and calls to them that were asked of the carrier. */
export interface FoundPerson {
  readonly calls: readonly FoundCall[];
  /** Calls with the digits of the number in them, which may be another person's. */
  readonly ambiguous: readonly FoundCall[];
  /** References of placements. */
  readonly placements: readonly string[];
  readonly ambiguousPlacements: readonly string[];
}

/** Whose calls to find. */
export interface Person {
  readonly phone: Phone;
  /** Numbers without a country code are taken to be of it. */
  readonly region: Region;
  /** Of one tenant only. */
  readonly tenant: string | undefined;
}

/** Finds a person's number wherever it is written of a call. */
export async function findPerson(
  places: CallPlaces,
  { phone, region, tenant }: Person,
): Promise<FoundPerson> {
  const matcher = phoneMatcher(phone, region);
  const filter = { tenant, pattern: postgresPattern(phone.national) };
  const found = new FoundCalls();
  for await (const { place, value, ...call } of saidOfCalls(places, filter)) {
    const finding = findInValue(value, matcher);
    if (finding !== 'none') found.add(call, place, finding === 'certain');
  }
  const placements: Record<'certain' | 'ambiguous', string[]> = { certain: [], ambiguous: [] };
  for (const placement of await places.store.privacy.placements(filter)) {
    const finding = findInValue(placement.value, matcher);
    if (finding === 'none') continue;
    placements[finding].push(placement.reference);
    const { tenant: owner, callSid } = placement;
    if (callSid !== null) found.add({ tenant: owner, callSid }, 'placement', finding === 'certain');
  }
  return { ...found.sorted(), placements: placements.certain, ambiguousPlacements: placements.ambiguous };
}

/** Calls with the places that they were found in, each call once. */
export class FoundCalls {
  readonly #calls = new Map<string, { call: CallKey; isCertain: boolean; places: Set<Place> }>();

  add({ tenant, callSid }: CallKey, place: Place, isCertain: boolean): void {
    const name = callId({ tenant, callSid });
    const known = this.#calls.get(name) ?? {
      call: { tenant, callSid },
      isCertain: false,
      places: new Set<Place>(),
    };
    known.places.add(place);
    known.isCertain ||= isCertain;
    this.#calls.set(name, known);
  }

  /** By their names; those of which a single place is certain are certain. */
  sorted(): { readonly calls: FoundCall[]; readonly ambiguous: FoundCall[] } {
    const names = [...this.#calls.keys()].sort();
    const all = names.flatMap((name) => this.#calls.get(name) ?? []);
    const found = (isCertain: boolean): FoundCall[] =>
      all
        .filter((each) => each.isCertain === isCertain)
        .map(({ call, places }) => ({ ...call, foundIn: [...places] }));
    return { calls: found(true), ambiguous: found(false) };
  }
}
