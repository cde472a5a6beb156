import { z } from 'zod';

/** A call is known by its tenant and by the carrier's id for it. */
export interface CallKey {
  readonly tenant: string;
  readonly callSid: string;
}

/** The version of the envelope that this code writes. */
export const ENVELOPE_VERSION = 1;

/** Lower-case letters, digits, `_` and `-`, up to 63 characters. */
export const tenantName = z
  .string()
  .regex(/^[a-z0-9][a-z0-9_-]{0,62}$/, 'a tenant is 1 to 63 lower-case letters, digits, "-" or "_"');

/** The carrier's call id: opaque, 1 to 128 characters, no control characters. */
export const callSid = z
  .string()
  .regex(/^[^\p{Cc}\p{Cs}]{1,128}$/u, 'a call sid is 1 to 128 characters, none of them control characters');

/** A moment: ISO 8601 in UTC with milliseconds, so that text order is time order. */
export const moment = z
  .string()
  .regex(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/, 'a moment is written like 2026-01-25T11:15:25.120Z')
  .refine(isRealMoment, 'there is no such date');

/** Postgres knows neither 30 February nor a year 0; `Date` rolls the one over and takes the other. */
function isRealMoment(text: string): boolean {
  const atMs = Date.parse(text);
  return !Number.isNaN(atMs) && !text.startsWith('0000') && new Date(atMs).toISOString() === text;
}

/** What every event carries, whatever its type. */
export const envelope = z.object({
  v: z.literal(ENVELOPE_VERSION),
  /** Unique within the call; a second event of the same id changes nothing. */
  id: z.string().min(1).max(200),
  type: z.string().min(1).max(64),
  tenant: tenantName,
  callSid,
  /** Who produced it: a gateway connection, `http:<gateway>`, `sweep`. */
  source: z.string().min(1).max(128),
  /**
   * Its place among what the source produced. Ordered sources count 1, 2, 3 … without a hole; for the others it only
   * settles the order of events that happened in the same millisecond.
   */
  sourceSeq: z.int().min(1).optional(),
  /** When it happened. */
  at: moment,
  /** The message it came from, base64, when its text had to be changed to be storable. */
  original: z.string().optional(),
  data: z.unknown(),
});
