import { createHmac } from 'node:crypto';
import { callId, type CallKey } from '@turnlog/call-events';

/** How the ledger names a call: without the key, it does not tell which call it was. */
export function callSubject(key: string, call: CallKey): string {
  return hash(key, `call:${callId(call)}`);
}

/** How the ledger names a phone, by its number with `+` and country code. */
export function phoneSubject(key: string, e164: string): string {
  return hash(key, `phone:${e164}`);
}

const LEGACY_DIGITS = 10;

/** How ledgers of older versions name a phone: by its last ten digits, which numbers of several countries share. */
export function legacyPhoneSubject(key: string, e164: string): string {
  return hash(key, `phone:${e164.replace(/\D/g, '').slice(-LEGACY_DIGITS)}`);
}

function hash(key: string, subject: string): string {
  return createHmac('sha256', key).update(subject).digest('hex');
}
