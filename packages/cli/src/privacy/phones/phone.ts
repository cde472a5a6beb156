import {
  isSupportedCountry,
  parsePhoneNumberFromString,
  type CountryCode,
  type PhoneNumber,
} from 'libphonenumber-js/max';
import { toAsciiDigits } from './digits.ts';

/** A country by its two letters, such as `IN`: the country of numbers without a country code. */
export type Region = CountryCode;

/** A phone number and its parts. */
export interface Phone {
  /** With `+` and country code. */
  readonly e164: string;
  readonly countryCode: string;
  /** The end of every notation of the number. */
  readonly national: string;
}

/** Whether the country exists. */
export function isRegion(text: string): text is Region {
  return isSupportedCountry(text);
}

/** Parses a number in any notation; `undefined` if it cannot be one. */
export function readPhone(text: string, region: Region): Phone | undefined {
  const number = parse(text, region);
  if (number?.isPossible() !== true) return undefined;
  const { number: e164, countryCallingCode: countryCode, nationalNumber: national } = number;
  return { e164, countryCode, national };
}

/** Whether such a number is possible: with `+` in any country, else in this one. */
export function isPossiblePhone(text: string, region: Region): boolean {
  return parse(text, region)?.isPossible() === true;
}

/** Whether the numbering plan of its country has such a number. */
export function isValidPhone(text: string, region: Region): boolean {
  return parse(text, region)?.isValid() === true;
}

function parse(text: string, region: Region): PhoneNumber | undefined {
  return parsePhoneNumberFromString(toAsciiDigits(text).trim(), { defaultCountry: region, extract: false });
}
