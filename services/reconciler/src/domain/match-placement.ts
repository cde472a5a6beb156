import { type CarrierReport } from '@turnlog/exotel';

/** A placement of which it is not known whether there is a call. */
interface LostPlacement {
  readonly reference: string;
  readonly dialled: string;
  readonly callerId: string;
}

/** The result of the search for a placement in a list of the carrier's. */
export type PlacementMatch =
  | { readonly kind: 'found'; readonly report: CarrierReport }
  | { readonly kind: 'none' }
  /** Several calls that it could be. */
  | { readonly kind: 'ambiguous'; readonly candidates: number };

/** National and international spellings of a number share this many digits at their end. */
const SIGNIFICANT_DIGITS = 10;

/**
 * Finds the call that a placement made, among the calls of those minutes that belong to no other placement. The reference decides
 * where the list has it; the documents don't promise that. Otherwise it must be the only call to that number, from that
 * ExoPhone.
 */
export function matchPlacement(placement: LostPlacement, calls: readonly CarrierReport[]): PlacementMatch {
  const named = calls.find(({ raw }) => raw['CustomField'] === placement.reference);
  if (named !== undefined) return { kind: 'found', report: named };
  const candidates = calls.filter((call) => couldBe(placement, call));
  const [only] = candidates;
  if (only === undefined) return { kind: 'none' };
  if (candidates.length > 1) return { kind: 'ambiguous', candidates: candidates.length };
  return { kind: 'found', report: only };
}

function couldBe({ dialled, callerId }: LostPlacement, { from, direction, raw }: CarrierReport): boolean {
  const { CustomField: otherReference, PhoneNumberSid: exoPhone } = raw;
  if (otherReference !== undefined) return false;
  if (direction !== undefined && !direction.startsWith('outbound')) return false;
  return isSameNumber(from, dialled) && (exoPhone === undefined || isSameNumber(exoPhone, callerId));
}

function isSameNumber(a: string | undefined, b: string): boolean {
  return a !== undefined && digitsOf(a) === digitsOf(b);
}

function digitsOf(number: string): string {
  return number.replace(/\D/g, '').slice(-SIGNIFICANT_DIGITS);
}
