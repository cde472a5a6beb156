import { z } from 'zod';

/** A call is known by its tenant and by the carrier's id for it. */
export interface CallKey {
  readonly tenant: string;
  readonly callSid: string;
}

/** The one text of a call, `tenant/callSid`, by which Redis and the erasure ledger store it. */
export function callId({ tenant, callSid }: CallKey): string {
  return `${tenant}/${callSid}`;
}

/** The call of a {@link callId}. A tenant contains no slash, so the first one separates the two. */
export function callOfId(id: string): CallKey {
  const slash = id.indexOf('/');
  return { tenant: id.slice(0, slash), callSid: id.slice(slash + 1) };
}

/** The version of the envelope that this code writes. */
export const ENVELOPE_VERSION = 1;

export const TENANT_PATTERN = /^[a-z0-9][a-z0-9_-]{0,62}$/;
export const CALL_SID_PATTERN = /^[^\p{Cc}\p{Cs}]{1,128}$/u;
export const MAX_ID_CHARACTERS = 200;
export const MAX_TYPE_CHARACTERS = 64;
export const MAX_SOURCE_CHARACTERS = 128;
export const MAX_FINGERPRINT_CHARACTERS = 64;

/** Lower-case letters, digits, `_` and `-`, up to 63 characters. */
export const tenantName = z
  .string()
  .regex(TENANT_PATTERN, 'a tenant is 1 to 63 lower-case letters, digits, "-" or "_"');

/** The carrier's call id: opaque, 1 to 128 characters, no control characters. */
export const callSid = z
  .string()
  .regex(CALL_SID_PATTERN, 'a call sid is 1 to 128 characters, none of them control characters');

const MOMENT_PATTERN = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/;

/** A moment: ISO 8601 in UTC with milliseconds, so that text order is time order. */
export const moment = z
  .string()
  .regex(MOMENT_PATTERN, 'a moment is written like 2026-01-25T11:15:25.120Z')
  .refine(isRealMoment, 'there is no such date');

/** Whether a text is a {@link moment}. */
export function isMoment(text: string): boolean {
  return MOMENT_PATTERN.test(text) && isRealMoment(text);
}

// The first 28 days are in every month; only the others need a calendar.
const EARLY_IN_MONTH =
  /^(?!0000)\d{4}-(?:0[1-9]|1[0-2])-(?:0[1-9]|1\d|2[0-8])T(?:[01]\d|2[0-3]):[0-5]\d:[0-5]\d\./;

/** Postgres has neither 30 February nor a year 0; `Date` rolls the one over and accepts the other. */
function isRealMoment(text: string): boolean {
  if (EARLY_IN_MONTH.test(text)) return true;
  const atMs = Date.parse(text);
  return !Number.isNaN(atMs) && !text.startsWith('0000') && new Date(atMs).toISOString() === text;
}

/** What every event carries, whatever its type. */
export const envelope = z.object({
  v: z.literal(ENVELOPE_VERSION),
  /** Unique within the call, but for the revisions of one report: they share it. */
  id: z.string().min(1).max(MAX_ID_CHARACTERS),
  /** Which revision of a report this is: the highest counts. Absent for the first. */
  revision: z.int().min(1).optional(),
  /** A digest of what an agent reported under an id of its own: what has another one is another report. */
  fingerprint: z.string().min(1).max(MAX_FINGERPRINT_CHARACTERS).optional(),
  /** Of a revision: the agent gave its time, and `at` is not when the revision came. */
  isTimed: z.literal(true).optional(),
  type: z.string().min(1).max(MAX_TYPE_CHARACTERS),
  tenant: tenantName,
  callSid,
  /** Who produced it: a gateway connection, `http:<gateway>`, `sweep`. */
  source: z.string().min(1).max(MAX_SOURCE_CHARACTERS),
  /**
   * Its place among what the source produced. Ordered sources count 1, 2, 3 … without a hole; for the others it only
   * settles the order of events that happened in the same millisecond.
   */
  sourceSeq: z.int().min(1).optional(),
  /** When it happened. */
  at: moment,
  /** The message it came from, base64, when its text had to be changed to be storable. */
  original: z.string().optional(),
  /** How often personal data was taken out of its text, where the tenant's policy asks for that. */
  redactions: z.int().min(1).optional(),
  data: z.unknown(),
});
