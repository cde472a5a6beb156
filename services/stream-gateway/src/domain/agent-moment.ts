import { z } from 'zod';

const EARLIEST_MS = Date.UTC(2000, 0, 1);
const LATEST_MS = Date.UTC(2100, 0, 1);

// Only days that exist: `Date` makes 2 March of 30 February.
const LEAP_YEAR = '20(?:[02468][048]|[13579][26])';
const LONG_MONTH = '(?:0[13578]|1[02])-(?:0[1-9]|[12]\\d|3[01])';
const SHORT_MONTH = '(?:0[469]|11)-(?:0[1-9]|[12]\\d|30)';
const FEBRUARY = '02-(?:0[1-9]|1\\d|2[0-8])';
const DATE = `(?:20\\d\\d-(?:${LONG_MONTH}|${SHORT_MONTH}|${FEBRUARY})|${LEAP_YEAR}-02-29)`;
const TIME = String.raw`(?:[01]\d|2[0-3]):[0-5]\d(?::[0-5]\d(?:\.\d+)?)?`;
const ZONE = String.raw`(?:[zZ]|[+-](?:[01]\d|2[0-3]):?[0-5]\d)`;
const ISO_8601 = new RegExp(`^${DATE}[T ]${TIME}${ZONE}$`);
/** From 2000 to 2099. */
const UNIX_MS = /^(?:9[5-9]\d{10}|[1-3]\d{12}|40\d{11})$/;

const EXPECTED =
  'expected a time between 2000 and 2100 that exists, as ISO 8601 with a zone (2026-01-25T11:15:25.120Z, …+05:30) or Unix milliseconds';

/**
 * A time as agents send it: ISO 8601 with a zone, or Unix milliseconds, as a number or as text. Its value is Unix ms; what is
 * finer is cut off. Seconds are refused, because they would be taken for a day in 1970; so is a day that no month has, and a
 * time without a zone, which could be that of any place.
 */
export const agentMoment = z
  .union(
    [
      z.string().regex(ISO_8601, EXPECTED),
      z.string().regex(UNIX_MS, EXPECTED),
      z.number().min(EARLIEST_MS, EXPECTED).lt(LATEST_MS, EXPECTED),
    ],
    { error: EXPECTED },
  )
  .meta({
    description: 'ISO 8601 with a zone, or Unix milliseconds as a number or as text',
    examples: ['2026-01-25T11:15:25.120Z'],
  })
  .transform((value) => Math.floor(typeof value === 'number' ? value : parseText(value)));

function parseText(text: string): number {
  if (UNIX_MS.test(text)) return Number(text);
  return Date.parse(text.replace(' ', 'T').replace(/([+-]\d\d)(\d\d)$/, '$1:$2'));
}
