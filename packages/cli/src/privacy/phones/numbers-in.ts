import { textsIn } from './find-in-value.ts';
import { toAsciiDigits } from './digits.ts';
import { decoded, phoneMatcher } from './phone-matcher.ts';
import { readPhone, type Phone, type Region } from './phone.ts';

/** Groups of digits, enough of them for a number. */
const RUN = /\+?\d(?:[^\p{L}\p{N}]{0,6}\d){6,}/gu;
const GROUP = /\+?\d+/g;
const MAX_DIGITS = 18;
/** The context of a number that decides whose it is. */
const CONTEXT_CHARACTERS = 40;
const MOMENT = /^\d{4}-\d\d-\d\dT[\d:.]+Z$/;

/**
 * Every number of which a {@link phoneMatcher} would be certain in this value. For a ledger, which has only
 * hashes of numbers: much slower than searching one number.
 */
export function numbersInValue(value: unknown, region: Region): Phone[] {
  const phones = new Map<string, Phone>();
  for (const text of textsIn(value)) {
    for (const phone of numbersIn(String(text), region)) phones.set(phone.e164, phone);
  }
  return [...phones.values()];
}

function* numbersIn(text: string, region: Region): Generator<Phone> {
  if (MOMENT.test(text)) return;
  const plain = toAsciiDigits(decoded(text));
  for (const run of plain.matchAll(RUN)) {
    for (const { token, start, end } of windowsOf(run[0])) {
      const from = run.index + start - CONTEXT_CHARACTERS;
      const context = plain.slice(Math.max(0, from), run.index + end + CONTEXT_CHARACTERS);
      for (const phone of readingsOf(token, region)) {
        if (phoneMatcher(phone, region)(context) === 'certain') yield phone;
      }
    }
  }
}

/** Neighbouring groups that may be one number. */
function* windowsOf(run: string) {
  const groups = [...run.matchAll(GROUP)];
  for (const [first, { index: start }] of groups.entries()) {
    let token = '';
    for (const { 0: group, index } of groups.slice(first, first + MAX_DIGITS)) {
      if (token !== '' && group.startsWith('+')) break;
      token += group;
      if (token.length > MAX_DIGITS) break;
      yield { token, start, end: index + group.length };
    }
  }
}

/** A number as one of the region, and as one with its country code, often written without its `+`. */
function readingsOf(token: string, region: Region): Phone[] {
  const international = `+${token.replace(/^\+?0*/, '')}`;
  return [token, international].flatMap((each) => readPhone(each, region) ?? []);
}
