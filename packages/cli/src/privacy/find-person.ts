import { callId, type CallKey } from '@turnlog/call-events';
import { type CallPlaces } from './call-places.ts';
import { postgresPattern } from './phones/digits.ts';
import { findInValue } from './phones/find-in-value.ts';
import { phoneMatcher } from './phones/phone-matcher.ts';
import { type Phone, type Region } from './phones/phone.ts';
import { saidOfCalls, type Place } from './said-of-calls.ts';

/** A call of a person, and where the number was found. */
export interface FoundCall extends CallKey {
  readonly foundIn: readonly Place[];
}

/** A person's calls, and calls to them that were asked of the carrier. */
export interface FoundPerson {
  readonly calls: readonly FoundCall[];
  /** Calls with the digits of the number, which may be another person's. */
  readonly ambiguous: readonly FoundCall[];
  /** References of placements. */
  readonly placements: readonly string[];
  readonly ambiguousPlacements: readonly string[];
}

/** The person's number and the search options. */
export interface Person {
  readonly phone: Phone;
  /** The country of numbers without a country code. */
  readonly region: Region;
  /** Of one tenant only. */
  readonly tenant: string | undefined;
}

/** Finds a person's number in all data of calls. */
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

/** Calls with the places in which they were found, each call once. */
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

  /** By their names; a call with one certain place is certain. */
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
