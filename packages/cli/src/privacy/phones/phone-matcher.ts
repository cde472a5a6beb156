import { getCountryCallingCode } from 'libphonenumber-js/max';
import { groupedDigits, toAsciiDigits } from './digits.ts';
import { isPossiblePhone, isValidPhone, type Phone, type Region } from './phone.ts';

/**
 * Whether a text has a person's number in it. `ambiguous`: it has the digits, and they may be another's, so
 * that a person must decide.
 */
export type Finding = 'certain' | 'ambiguous' | 'none';

/** Searches one number. */
export type PhoneMatcher = (text: string) => Finding;

/** The longest prefix of a number. */
const PREFIX_CHARACTERS = 32;
/** What may precede a number and belong to it: digits, `+`, and what groups them. */
const PREFIX = /[+\d\p{Zs}\t().\u2010-\u2015-]*$/u;
const LETTERS_BEFORE = /\p{L}+$/u;
const WORDS_BEFORE = /^(?:tel|phone|ph|mob|mobile|cell|call|no|number|num|whatsapp|sip|sips|from|to)$/i;

/** The context of the digits that were found. */
interface Surroundings {
  /** Digits before, up to the `+`, or all of the same group of groups. */
  readonly prefix: string;
  /** Whether a `+` or `00` shows that a country code follows. */
  readonly isInternational: boolean;
  /** Whether the prefix touches the digits. */
  readonly isGlued: boolean;
  /** Digits that follow immediately. */
  readonly suffix: string;
  /** Letters that touch what is before. */
  readonly word: string;
}

/** A matcher for one number. Numbers without a country code are taken to be of the region. */
export function phoneMatcher(phone: Phone, region: Region): PhoneMatcher {
  const pattern = groupedDigits(phone.national);
  const judge = judgeOf(phone, region);
  return (text) => {
    let finding: Finding = 'none';
    const plain = toAsciiDigits(decoded(text));
    pattern.lastIndex = 0;
    for (let found = pattern.exec(plain); found !== null; found = pattern.exec(plain)) {
      const judged = judge(surroundingsOf(plain, found.index, pattern.lastIndex));
      if (judged === 'certain') return 'certain';
      if (judged === 'ambiguous') finding = 'ambiguous';
      pattern.lastIndex = found.index + 1;
    }
    return finding;
  };
}

function judgeOf({ countryCode, national }: Phone, region: Region): (around: Surroundings) => Finding {
  const isOfRegion = getCountryCallingCode(region) === countryCode;
  const asNational = isOfRegion ? 'certain' : 'ambiguous';
  return ({ prefix, isInternational, isGlued, suffix, word }) => {
    const plus = isInternational ? '+' : '';
    // A longer number than the one that is searched.
    if (suffix !== '') return isValidPhone(plus + prefix + national + suffix, region) ? 'none' : 'ambiguous';
    const isAnotherNumber = !isGlued && isPossiblePhone(plus + prefix, region);
    if (isInternational) {
      if (prefix === countryCode || prefix === `${countryCode}0`) return 'certain';
      if (isAnotherNumber) return asNational;
      return isPossiblePhone(plus + prefix + national, region) ? 'none' : 'ambiguous';
    }
    const code = prefix.replace(/^0+/, '');
    if (code === '') return word === '' || WORDS_BEFORE.test(word) ? asNational : 'ambiguous';
    if (code === countryCode || code === `${countryCode}0`) {
      return isOfRegion || !isValidPhone(prefix + national, region) ? 'certain' : 'ambiguous';
    }
    if (isAnotherNumber) return asNational;
    const isLongerNumber =
      isGlued && [prefix, `+${code}`].some((each) => isValidPhone(each + national, region));
    return isLongerNumber ? 'none' : 'ambiguous';
  };
}

function surroundingsOf(text: string, start: number, end: number): Surroundings {
  const before = text.slice(Math.max(0, start - PREFIX_CHARACTERS), start);
  const lead = PREFIX.exec(before)?.[0] ?? '';
  const plusAt = lead.lastIndexOf('+');
  const digits = lead.slice(plusAt + 1).replace(/\D/g, '');
  const isTouched = /^(?:[+\d]|$)/.test(lead);
  const isDialled = plusAt === -1 && /^00[1-9]/.test(digits);
  return {
    prefix: isDialled ? digits.slice(2) : digits,
    isInternational: plusAt !== -1 || isDialled,
    isGlued: /\d$/.test(lead),
    suffix: /^\d*/.exec(text.slice(end, end + PREFIX_CHARACTERS))?.[0] ?? '',
    word: isTouched ? (LETTERS_BEFORE.exec(before.slice(0, before.length - lead.length))?.[0] ?? '') : '',
  };
}

/** The decoded text: a query of a URL writes `+` as `%2B`. */
export function decoded(text: string): string {
  return text.replace(/(?:%[0-9a-f]{2})+/gi, (encoded) => {
    try {
      return decodeURIComponent(encoded);
    } catch {
      return encoded;
    }
  });
}
