import { createHash, timingSafeEqual } from 'node:crypto';
import { describeError, type Logger } from '@turnlog/service-kit';
import { addressSet, createTenantCopy, TenantDirectory } from '@turnlog/tenants';
import { type Redis } from 'ioredis';
import { type GatewayConfig } from '../config.ts';
import { Gatekeeper } from './gatekeeper.ts';
import { StreamTokens } from './stream-tokens.ts';

/** How a gateway authenticates requests. */
export interface Auth {
  readonly directory: TenantDirectory;
  readonly tokens: StreamTokens;
  readonly gatekeeper: Gatekeeper;
}

/** Creates it from the settings. The directory has no tenant until it is reloaded. */
export function createAuth(
  config: GatewayConfig,
  { redis, logger }: { readonly redis: Redis; readonly logger: Logger },
): Auth {
  const prefix = config.KEY_PREFIX;
  const directory = new TenantDirectory(createTenantCopy(redis, { prefix }), (name, error) => {
    // Only the type of the error: its message may quote the copy, which holds hashes.
    logger.error(
      { event: 'tenant_copy_unreadable', tenant: name, error: describeError(error).type },
      'the copy of a tenant cannot be read',
    );
  });
  const tokens = new StreamTokens(redis, { prefix, lifetimeMs: config.STREAM_TOKEN_MS });
  const gatekeeper = new Gatekeeper({
    directory,
    tokens,
    authenticate: config.AUTHENTICATE,
    openTenant: config.TENANT,
    proxies: addressSet(config.TRUSTED_PROXIES),
    allowedOrigins: config.ALLOWED_ORIGINS,
  });
  return { directory, tokens, gatekeeper };
}

/** Returns `tenant` for the one secret of the settings. A wrong secret takes as long as the right one. */
export function singleWebhookSecret(
  secret: string | undefined,
  tenant: string,
): (given: string) => string | undefined {
  if (secret === undefined) return () => undefined;
  const sha256 = (text: string): Buffer => createHash('sha256').update(text).digest();
  const expected = sha256(secret);
  return (given) => (timingSafeEqual(expected, sha256(given)) ? tenant : undefined);
}
