import { type Found } from '../find/found.ts';

/**
 * What becomes of personal data.
 * - `none`: it stays.
 * - `mask`: its kind stands in its place, and of a number the last digits: `[card …1111]`.
 * - `drop`: its kind stands in its place, and a field that held nothing else goes.
 */
export type RedactionMode = 'none' | 'mask' | 'drop';

/** Enough to tell which of one's cards, or phones, was meant. */
const SHOWN_DIGITS: Readonly<Record<Found['kind'], number>> = {
  card: 4,
  aadhaar: 4,
  phone: 2,
  pan: 0,
  email: 0,
};

/** What stands in the place of a find. */
export function labelOf({ kind, digits }: Found, mode: Exclude<RedactionMode, 'none'>): string {
  const shown = SHOWN_DIGITS[kind];
  if (mode === 'drop' || shown === 0 || digits === undefined) return `[${kind}]`;
  return `[${kind} …${digits.slice(-shown)}]`;
}
