import { tenantName } from '@turnlog/call-events';
import { z } from 'zod';
import { isAddressRange } from './address-range.ts';

/** What a secret authorizes: the carrier's streams, the HTTP API, or the carrier's callbacks. */
export const secretKind = z.enum(['stream', 'api', 'webhook']);
export type SecretKind = z.infer<typeof secretKind>;

/** The most live secrets of a kind: the new one, and the one that it replaces. */
export const MAX_SECRETS_OF_A_KIND = 2;

const tenantSecret = z.object({
  /** Part of the secret's text, so that it is found without trying them all. Not secret. */
  id: z.string().regex(/^[0-9a-f]{12}$/),
  kind: secretKind,
  /** Of the whole text, in hex. The text itself is not stored. */
  sha256: z.string().regex(/^[0-9a-f]{64}$/),
  createdAt: z.iso.datetime(),
});

/** What is stored of a secret. */
export type TenantSecret = Readonly<z.infer<typeof tenantSecret>>;

const addressRange = z
  .string()
  .refine(isAddressRange, 'expected an address or a range such as 203.0.113.0/24');
const positive = z.int().min(1).nullable();

// Every field has a default, so that tenants of an older version can be read.
const tenantPolicy = z.object({
  /** How card numbers and other personal data are treated before a text is stored. */
  redaction: z.enum(['none', 'mask', 'drop']).default('none'),
  /** The most calls at once; null for any number. */
  maxCalls: positive.default(null),
  /** The most MiB of events in an hour; null for the gateway's setting. */
  maxMibPerHour: positive.default(null),
  /** The addresses that may stream without a credential. */
  addresses: z.array(addressRange).readonly().default([]),
  /** How long each is kept; null for ever. */
  transcriptDays: positive.default(null),
  archiveDays: positive.default(null),
  audioHours: positive.default(null),
});

/** What a tenant may do, and how its calls are treated. */
export type TenantPolicy = Readonly<z.infer<typeof tenantPolicy>>;

/** The policy of a tenant without one. */
export const DEFAULT_POLICY: TenantPolicy = Object.freeze(tenantPolicy.parse({}));

/** The schema of a tenant as it is stored. */
export const tenant = z.object({
  name: tenantName,
  /** Counts the changes: of two copies the higher one is the newer. */
  revision: z.int().min(0),
  secrets: z.array(tenantSecret).readonly(),
  policy: tenantPolicy,
  revokedAt: z.iso.datetime().nullable(),
});

/** One customer. The authenticated tenant owns the calls of a connection. */
export type Tenant = Readonly<z.infer<typeof tenant>>;

/** Parses a tenant; throws with the problem of the text. */
export function decodeTenant(text: string): Tenant {
  return tenant.parse(JSON.parse(text));
}
