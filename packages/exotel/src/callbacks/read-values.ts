import { cutText } from '../wire/cut-text.ts';
import { type CallbackFields } from './callback-fields.ts';
import { type CarrierStatus } from './carrier-report.ts';
import { saysNothing } from '../wire/names-nothing.ts';

const STATUSES: ReadonlyMap<string, CarrierStatus> = new Map([
  ['queued', 'initiated'],
  ['initiated', 'initiated'],
  ['ringing', 'ringing'],
  ['inprogress', 'in_progress'],
  ['answered', 'in_progress'],
  ['completed', 'completed'],
  ['failed', 'failed'],
  ['busy', 'busy'],
  ['noanswer', 'no_answer'],
  ['canceled', 'canceled'],
  ['cancelled', 'canceled'],
]);

const MAX_URL_CHARACTERS = 2_048;
const MAX_TEXT_CHARACTERS = 512;
const MAX_SECONDS = 7 * 86_400;

/** The first of these fields that can be read: an empty or invalid one does not hide the next. */
export function firstOf<T>(
  fields: CallbackFields,
  names: readonly string[],
  read: (text: string | undefined) => T | undefined,
): T | undefined {
  for (const name of names) {
    const value = read(fields.get(name));
    if (value !== undefined) return value;
  }
  return undefined;
}

/** A status by any of its spellings: `no-answer`, `NO_ANSWER`, `In Progress`. */
export function statusOf(text: string | undefined): CarrierStatus | undefined {
  return text === undefined ? undefined : STATUSES.get(text.toLowerCase().replace(/[^a-z]/g, ''));
}

/** Whole or fractional seconds, from 0 to a week. */
export function secondsOf(text: string | undefined): number | undefined {
  if (text === undefined || !/^\d{1,7}(?:\.\d{1,6})?$/.test(text)) return undefined;
  const seconds = Number(text);
  return seconds <= MAX_SECONDS ? seconds : undefined;
}

/** A decimal amount with all of its digits, `1.250000`. */
export function amountOf(text: string | undefined): string | undefined {
  const [, sign = '', whole, fraction] =
    /^([+-]?)0*(\d{1,18})(?:\.(\d{1,12}))?$/.exec(text?.trim() ?? '') ?? [];
  if (whole === undefined) return undefined;
  return `${sign === '-' ? '-' : ''}${whole}${fraction === undefined ? '' : `.${fraction}`}`;
}

/** A currency by its three letters. */
export function currencyOf(text: string | undefined): string | undefined {
  return text !== undefined && /^[a-z]{3}$/i.test(text) ? text.toUpperCase() : undefined;
}

/** A URL that a browser can open. */
export function webUrlOf(text: string | undefined): string | undefined {
  if (text === undefined || text.length > MAX_URL_CHARACTERS || !/^https?:\/\//i.test(text)) return undefined;
  return URL.canParse(text) ? text : undefined;
}

/** A word of the carrier's; a word for "nothing" counts as absent. */
export function wordOf(text: string | undefined): string | undefined {
  if (text === undefined || saysNothing(text)) return undefined;
  return cutText(text, MAX_TEXT_CHARACTERS).toWellFormed();
}

type DefinedOnly<T> = { [K in keyof T]?: Exclude<T[K], undefined> };

/** The fields that have a value. */
export function definedOnly<T extends object>(fields: T): DefinedOnly<T> {
  return Object.fromEntries(
    Object.entries(fields).filter(([, value]) => value !== undefined),
  ) as DefinedOnly<T>;
}
