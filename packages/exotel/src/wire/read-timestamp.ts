import { numberOf } from './fields.ts';

/** What a media frame's timestamp says: milliseconds since the stream began, a time of day, or nothing readable. */
export type FrameTimestamp =
  { kind: 'offset'; ms: number } | { kind: 'epoch'; ms: number } | { kind: 'unreadable' };

// A year of milliseconds: no stream lasts so long (they end after an hour), and no clock is so far back.
const firstEpochMs = 31_536_000_000;
const isoDate = /^\d{4}-\d{2}-\d{2}T/;

/**
 * Reads a timestamp sent as a number or a numeric string (an offset, or Unix time in ms) or as ISO-8601.
 * Documented is the offset as a string; the rest occurs.
 */
export function readTimestamp(timestamp: string | number | undefined): FrameTimestamp {
  const number = numberOf(timestamp);
  if (number !== undefined && number >= 0) {
    return number < firstEpochMs ? { kind: 'offset', ms: number } : { kind: 'epoch', ms: number };
  }
  const ms = typeof timestamp === 'string' && isoDate.test(timestamp) ? Date.parse(timestamp) : Number.NaN;
  return Number.isNaN(ms) ? { kind: 'unreadable' } : { kind: 'epoch', ms };
}
