import { z } from 'zod';

const EARLIEST_MS = Date.UTC(2000, 0, 1);
const LATEST_MS = Date.UTC(2100, 0, 1);

const DATE = String.raw`20\d\d-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12]\d|3[01])`;
const TIME = String.raw`(?:[01]\d|2[0-3]):[0-5]\d(?::[0-5]\d(?:\.\d+)?)?`;
const ZONE = String.raw`(?:[zZ]|[+-](?:[01]\d|2[0-3]):?[0-5]\d)?`;
const ISO_8601 = new RegExp(`^${DATE}[T ]${TIME}${ZONE}$`);
/** From 2000 to 2099. */
const UNIX_MS = /^(?:9[5-9]\d{10}|[1-3]\d{12}|40\d{11})$/;

const EXPECTED =
  'expected a time between 2000 and 2100, as ISO 8601 (2026-01-25T11:15:25.120Z) or Unix milliseconds';

/**
 * A time as agents send it: ISO 8601 (without a zone it counts as UTC) or Unix milliseconds, as a number or as text.
 * Its value is Unix ms. Seconds are refused, because they would be taken for a day in 1970.
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
    description: 'ISO 8601, in UTC where it names no zone, or Unix milliseconds as a number or as text',
    examples: ['2026-01-25T11:15:25.120Z'],
  })
  .transform((value) => Math.round(typeof value === 'number' ? value : parseText(value)));

function parseText(text: string): number {
  if (UNIX_MS.test(text)) return Number(text);
  const zoned = /(?:[zZ]|[+-]\d\d:?\d\d)$/.test(text.slice('2026-01-25T11:15'.length)) ? text : `${text}Z`;
  return Date.parse(zoned.replace(' ', 'T').replace(/([+-]\d\d)(\d\d)$/, '$1:$2'));
}
