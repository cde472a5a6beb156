import { createHmac } from 'node:crypto';
import { type CallKey } from '@turnlog/call-events';

/** A number without its country's and trunk prefixes: what +91…, 91…, 0… and the bare number share. */
const SUBSCRIBER_DIGITS = 10;
const MIN_DIGITS = 8;

/** A phone however it was written; `undefined` for what is none. */
export function phoneOf(text: string): string | undefined {
  const digits = text.replace(/\D/g, '');
  return digits.length < MIN_DIGITS ? undefined : digits.slice(-SUBSCRIBER_DIGITS);
}

/** How the ledger names a call: nobody without the key can tell which one it was. */
export function callSubject(key: string, { tenant, callSid }: CallKey): string {
  return hash(key, `call:${tenant}/${callSid}`);
}

/** How the ledger names a phone, as {@link phoneOf} has it. */
export function phoneSubject(key: string, phone: string): string {
  return hash(key, `phone:${phone}`);
}

function hash(key: string, subject: string): string {
  return createHmac('sha256', key).update(subject).digest('hex');
}
