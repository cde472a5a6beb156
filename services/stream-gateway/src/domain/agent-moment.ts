import { z } from 'zod';

const EARLIEST_MS = Date.UTC(2000, 0, 1);
const LATEST_MS = Date.UTC(2100, 0, 1);
const HAS_TIME = /^\d{4}-\d\d-\d\d[T ]\d\d:\d\d/;
const HAS_ZONE = /(?:z|[+-]\d\d:?\d\d)$/i;

/**
 * A time as agents send it: ISO 8601 (without a zone it counts as UTC) or Unix milliseconds, as a number or as text.
 * Its value is Unix ms. Seconds are refused, because they would be taken for a day in 1970.
 */
export const agentMoment = z
  .union([z.string(), z.number()], { error: 'expected ISO 8601 text or Unix milliseconds' })
  .transform((value, context) => {
    const ms = typeof value === 'number' ? value : parseText(value);
    if (ms >= EARLIEST_MS && ms < LATEST_MS) return Math.round(ms);
    context.addIssue(
      'expected a time between 2000 and 2100, as ISO 8601 (2026-01-25T11:15:25.120Z) or Unix milliseconds',
    );
    return z.NEVER;
  });

function parseText(text: string): number {
  if (/^\d{12,14}$/.test(text)) return Number(text);
  if (!HAS_TIME.test(text)) return Number.NaN;
  return Date.parse(HAS_ZONE.test(text) ? text : `${text}Z`);
}
