import { createHash, timingSafeEqual } from 'node:crypto';
import { addressSet, createTenantCopy, TenantDirectory } from '@turnlog/tenants';
import { describeError, type Logger } from '@turnlog/service-kit';
import { type Redis } from 'ioredis';
import { type GatewayConfig } from '../config.ts';
import { Gatekeeper } from './gatekeeper.ts';
import { createStreamTokens, type StreamTokens } from './stream-tokens.ts';

/** All that a gateway knows of who may do what. */
export interface Auth {
  readonly directory: TenantDirectory;
  readonly tokens: StreamTokens;
  readonly gatekeeper: Gatekeeper;
}

/** Makes it of the settings. Nothing is known of any tenant until the directory was read. */
export function createAuth(
  config: GatewayConfig,
  { redis, logger, now }: { readonly redis: Redis; readonly logger: Logger; readonly now: () => number },
): Auth {
  const prefix = config.KEY_PREFIX;
  const directory = new TenantDirectory(createTenantCopy(redis, { prefix }), (name, error) => {
    // What is wrong is told by field names; the copy itself holds hashes, which are no one's business.
    logger.error(
      { event: 'tenant_copy_unreadable', tenant: name, error: describeError(error).type },
      'the copy of a tenant cannot be read',
    );
  });
  const tokens = createStreamTokens({ redis, prefix, lifetimeMs: config.STREAM_TOKEN_MS, now });
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

/** Tells whose secret it is, where one secret is all there is. Takes as long for a wrong one as for the right one. */
export function singleWebhookSecret(
  secret: string | undefined,
  tenant: string,
): (given: string) => string | undefined {
  if (secret === undefined) return () => undefined;
  const expected = sha256(secret);
  return (given) => (timingSafeEqual(expected, sha256(given)) ? tenant : undefined);
}

function sha256(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}
