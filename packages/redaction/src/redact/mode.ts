import { type Found } from '../find/found.ts';

/**
 * How personal data is treated.
 * - `none`: it stays.
 * - `mask`: its kind replaces it, with the last digits of a number: `[card …1111]`.
 * - `drop`: its kind replaces it, and a field that held nothing else is removed.
 */
export type RedactionMode = 'none' | 'mask' | 'drop';

/** Enough to recognize one of one's own cards or phones. */
const SHOWN_DIGITS: Readonly<Record<Found['kind'], number>> = {
  card: 4,
  aadhaar: 4,
  phone: 2,
  pan: 0,
  email: 0,
};

/** The replacement of a find. */
export function labelOf({ kind, digits }: Found, mode: Exclude<RedactionMode, 'none'>): string {
  const shown = SHOWN_DIGITS[kind];
  if (mode === 'drop' || shown === 0 || digits === undefined) return `[${kind}]`;
  return `[${kind} …${digits.slice(-shown)}]`;
}
