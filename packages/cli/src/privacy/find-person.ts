import { callId, type CallKey } from '@turnlog/call-events';
import type { CallPlaces } from './call-places.ts';
import { postgresPattern } from './phones/digits.ts';
import { findInValue } from './phones/find-in-value.ts';
import { phoneMatcher, type Finding } from './phones/phone-matcher.ts';
import type { Phone, Region } from './phones/phone.ts';
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

/** Finds a person's number in all data of calls, of one tenant or of all. */
export async function findPerson(
  places: CallPlaces,
  phone: Phone,
  { region, tenant }: { readonly region: Region; readonly tenant: string | undefined },
): Promise<FoundPerson> {
  const matcher = phoneMatcher(phone, region);
  const filter = { tenant, pattern: postgresPattern(phone.national) };
  const findings = new Findings();
  for await (const { place, value, ...call } of saidOfCalls(places, filter)) {
    findings.addCall(call, place, findInValue(value, matcher));
  }
  for (const { reference, callSid, value, ...placement } of await places.store.privacy.placements(filter)) {
    const finding = findInValue(value, matcher);
    findings.addPlacement(reference, finding);
    if (callSid !== null) findings.addCall({ tenant: placement.tenant, callSid }, 'placement', finding);
  }
  return findings.all();
}

/** The calls and placements in which something was found, each once. */
export class Findings {
  readonly #calls = new Map<
    string,
    { isCertain: boolean; readonly call: CallKey; readonly places: Set<Place> }
  >();
  readonly #placements: Record<Finding, string[]> = { certain: [], ambiguous: [], none: [] };

  addCall({ tenant, callSid }: CallKey, place: Place, finding: Finding): void {
    if (finding === 'none') return;
    const call = { tenant, callSid };
    const known = this.#calls.get(callId(call)) ?? { call, isCertain: false, places: new Set() };
    known.places.add(place);
    known.isCertain ||= finding === 'certain';
    this.#calls.set(callId(call), known);
  }

  addPlacement(reference: string, finding: Finding): void {
    this.#placements[finding].push(reference);
  }

  /** The calls by their names; a call with one certain place is certain. */
  all(): FoundPerson {
    const calls = [...this.#calls].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, found]) => found);
    const found = (isWanted: boolean): FoundCall[] =>
      calls
        .filter(({ isCertain }) => isCertain === isWanted)
        .map(({ call, places }) => ({ ...call, foundIn: [...places] }));
    return {
      calls: found(true),
      ambiguous: found(false),
      placements: this.#placements.certain,
      ambiguousPlacements: this.#placements.ambiguous,
    };
  }
}
