import { createHash, randomBytes } from 'node:crypto';
import { type SecretKind, type TenantSecret } from '../tenant.ts';

const ID_BYTES = 6;
const RANDOM_BYTES = 32;
const PATTERN = /^tl_(?:stream|api|webhook|token)_([0-9a-f]{12})_[\w-]{43}$/;

/** A secret as its owner receives it, once, and what is stored of it. */
export interface NewSecret {
  readonly text: string;
  readonly secret: TenantSecret;
}

/** Makes a secret of 256 random bits: `tl_stream_0f1e2d3c4b5a_…`. */
export function createSecret(kind: SecretKind, nowMs: number): NewSecret {
  const { id, text } = randomText(kind);
  const secret = { id, kind, sha256: hashSecret(text), createdAt: new Date(nowMs).toISOString() };
  return { text, secret };
}

/** A text in the form of a secret, of another kind than a {@link SecretKind} if needed. */
export function randomText(kind: SecretKind | 'token'): { readonly id: string; readonly text: string } {
  const id = randomBytes(ID_BYTES).toString('hex');
  return { id, text: `tl_${kind}_${id}_${randomBytes(RANDOM_BYTES).toString('base64url')}` };
}

/**
 * SHA-256 of a secret's text, in hex. No salt and no slow hash: they protect secrets that people choose, and
 * this one has 256 random bits.
 */
export function hashSecret(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}

/** The id in a secret's text, or nothing if the text is not a secret. */
export function secretIdOf(text: string): string | undefined {
  return PATTERN.exec(text)?.[1];
}
