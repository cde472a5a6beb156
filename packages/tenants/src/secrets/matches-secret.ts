import { timingSafeEqual } from 'node:crypto';
import { type TenantSecret } from '../tenant.ts';
import { hashSecret } from './secret-text.ts';

const NO_SHA256 = '0'.repeat(64);

/**
 * Whether a text is the secret. Takes as long if there is no such secret: one hash and one comparison of all
 * 32 bytes, whatever the text.
 */
export function matchesSecret(text: string, secret: TenantSecret | undefined): boolean {
  const expected = Buffer.from(secret?.sha256 ?? NO_SHA256, 'hex');
  const isEqual = timingSafeEqual(Buffer.from(hashSecret(text), 'hex'), expected);
  return isEqual && secret !== undefined;
}
