import { createHmac, randomBytes } from 'node:crypto';

const TAG_PATTERN = /^\*{3}\d{2}~[0-9a-f]{8}$/;
const TAG_LENGTH = 8;
/** A number without its country's and trunk prefixes: what +91…, 91…, 0… and the bare number share. */
const SUBSCRIBER_DIGITS = 10;
const MIN_DIGITS = 6;

// One key for a whole process. Random until `useLogPhoneKey`: then tags distinguish two phones within one run only.
let key: Buffer | string = randomBytes(32);

/** Replicas that share a key show the same tag for the same phone; without one, tags mean nothing after a restart. */
export function useLogPhoneKey(shared: string): void {
  key = shared;
}

/**
 * A phone number as logs may show it: its last two digits, and the start of a keyed hash that is the same however the
 * number is written: `***10~3f9a2c1b`. A number with fewer than six digits is `***`.
 */
export function phoneTag(phone: string): string {
  if (TAG_PATTERN.test(phone)) return phone;
  const digits = phone.replace(/\D/g, '');
  if (digits.length < MIN_DIGITS) return '***';
  const hash = createHmac('sha256', key).update(digits.slice(-SUBSCRIBER_DIGITS)).digest('hex');
  return `***${digits.slice(-2)}~${hash.slice(0, TAG_LENGTH)}`;
}
