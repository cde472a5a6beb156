import { numberOf } from './fields.ts';

/** A media frame's timestamp: milliseconds since the stream began, a time of day, or unreadable. */
export type FrameTimestamp =
  { kind: 'offset'; ms: number } | { kind: 'epoch'; ms: number } | { kind: 'unreadable' };

// A year of milliseconds: streams end after an hour, and no clock is so far back.
const firstEpochMs = 31_536_000_000;
const isoDate = /^\d{4}-\d{2}-\d{2}T/;

/**
 * Parses a timestamp: a number or a numeric string (an offset, or Unix time in ms) or ISO-8601. Only the
 * offset as a string is documented; the others occur.
 */
export function readTimestamp(timestamp: string | number | undefined): FrameTimestamp {
  const number = numberOf(timestamp);
  if (number !== undefined && number >= 0) {
    return number < firstEpochMs ? { kind: 'offset', ms: number } : { kind: 'epoch', ms: number };
  }
  const ms = typeof timestamp === 'string' && isoDate.test(timestamp) ? Date.parse(timestamp) : Number.NaN;
  return Number.isNaN(ms) ? { kind: 'unreadable' } : { kind: 'epoch', ms };
}
