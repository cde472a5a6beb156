import { passesLuhn, passesVerhoeff } from './checksums.ts';
import { type Kind } from './found.ts';

/** The fewest and the most digits of a find. */
export const MIN_DIGITS = 8;
export const MAX_DIGITS = 19;

/** Issuers by the first digits and lengths of their numbers. Source: ISO/IEC 7812 ranges in use, with RuPay's. */
const CARDS: readonly (readonly [beginning: RegExp, lengths: readonly number[]])[] = [
  [/^4/, [13, 16, 19]],
  [/^5[0-8]/, [16]],
  [/^6/, [16, 17, 18, 19]],
  [/^2[2-7]/, [16]],
  [/^3[47]/, [15]],
  [/^3(?:0[0-5]|[689])/, [14, 16]],
  [/^35/, [16]],
  [/^8[12]/, [16]],
];

// A subscriber's number in India, as people and carriers write it; abroad only with its plus.
const INDIAN_PHONE = /^(?:0|91|0091|091)?[6-9]\d{9}$/;
const INTERNATIONAL_PHONE = /^[1-9]\d{7,14}$/;
const MIN_CARD_DIGITS = 13;
const CARD_BEGINNINGS = '234568';
const MIN_PHONE_DIGITS = 10;
const MAX_PHONE_DIGITS = 14;
const AADHAAR_DIGITS = 12;
const AADHAAR = /^[2-9]\d{11}$/;

/** The kind of a number, if any. Most are recognized by their length and first digit. */
export function kindOfNumber(digits: string, hasPlus: boolean): Kind | undefined {
  if (hasPlus && INTERNATIONAL_PHONE.test(digits)) return 'phone';
  if (digits.length >= MIN_CARD_DIGITS && isCard(digits)) return 'card';
  if (digits.length === AADHAAR_DIGITS && AADHAAR.test(digits) && passesVerhoeff(digits)) return 'aadhaar';
  if (digits.length < MIN_PHONE_DIGITS || digits.length > MAX_PHONE_DIGITS) return undefined;
  return INDIAN_PHONE.test(digits) ? 'phone' : undefined;
}

/** Whether an issuer has cards with this length and these first digits; the check digit is not tested. */
export function mayBeCard(digits: string): boolean {
  if (!CARD_BEGINNINGS.includes(digits[0] ?? '')) return false;
  return CARDS.some(([beginning, lengths]) => lengths.includes(digits.length) && beginning.test(digits));
}

function isCard(digits: string): boolean {
  return mayBeCard(digits) && passesLuhn(digits);
}
