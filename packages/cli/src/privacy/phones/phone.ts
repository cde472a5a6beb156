import {
  isSupportedCountry,
  parsePhoneNumberFromString,
  type CountryCode,
  type PhoneNumber,
} from 'libphonenumber-js/max';
import { toAsciiDigits } from './digits.ts';

/** A country by its two letters, such as `IN`: numbers without a country code are taken to be of it. */
export type Region = CountryCode;

/** A phone number, taken apart. */
export interface Phone {
  /** With `+` and country code. */
  readonly e164: string;
  readonly countryCode: string;
  /** What every way of writing the number ends with. */
  readonly national: string;
}

/** Whether there is such a country. */
export function isRegion(text: string): text is Region {
  return isSupportedCountry(text);
}

/** Reads a number, however it is written; `undefined` for what can't be one. */
export function readPhone(text: string, region: Region): Phone | undefined {
  const number = parse(text, region);
  if (number?.isPossible() !== true) return undefined;
  return {
    e164: number.number,
    countryCode: number.countryCallingCode,
    national: number.nationalNumber,
  };
}

/** Whether there can be a number like this: with `+` in any country, else in this one. */
export function isPossiblePhone(text: string, region: Region): boolean {
  return parse(text, region)?.isPossible() === true;
}

/** Whether the plan of its country has a place for a number like this. */
export function isValidPhone(text: string, region: Region): boolean {
  return parse(text, region)?.isValid() === true;
}

function parse(text: string, region: Region): PhoneNumber | undefined {
  return parsePhoneNumberFromString(toAsciiDigits(text).trim(), { defaultCountry: region, extract: false });
}
