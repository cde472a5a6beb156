import { createHmac } from 'node:crypto';
import { callId, type CallKey } from '@turnlog/call-events';

/** A call in the ledger: without the key, the hash does not identify it. */
export function callSubject(key: string, call: CallKey): string {
  return hash(key, `call:${callId(call)}`);
}

/** A phone in the ledger, by its number with `+` and country code. */
export function phoneSubject(key: string, e164: string): string {
  return hash(key, `phone:${e164}`);
}

/** A phone in ledgers of older versions: by its last ten digits, which numbers of several countries share. */
export function legacyPhoneSubject(key: string, e164: string): string {
  return hash(key, `phone:${e164.replace(/\D/g, '').slice(-10)}`);
}

function hash(key: string, subject: string): string {
  return createHmac('sha256', key).update(subject).digest('hex');
}
