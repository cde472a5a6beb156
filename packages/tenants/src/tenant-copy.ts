import type { Redis } from 'ioredis';
import type { Tenant } from './tenant.ts';

/**
 * Writes tenants over older copies of themselves, never over newer ones: a process with an outdated read of
 * Postgres must not restore the old tenant.
 *
 * KEYS  the hash
 * ARGV  name, revision, JSON, and so on
 */
const WRITE = `
for i = 1, #ARGV, 3 do
  local known = redis.call('HGET', KEYS[1], ARGV[i])
  local isReadable, copy = pcall(cjson.decode, known or '')
  local revision = isReadable and type(copy) == 'table' and tonumber(copy.revision) or -1
  if tonumber(ARGV[i + 1]) >= revision then redis.call('HSET', KEYS[1], ARGV[i], ARGV[i + 2]) end
end
return redis.status_reply('OK')
`;

/** The copy of all tenants in Redis, which gateways read. Postgres is authoritative. */
export interface TenantCopy {
  /** The tenants' JSON texts by name. */
  readAll(): Promise<Readonly<Record<string, string>>>;
  write(tenants: readonly Tenant[]): Promise<void>;
}

/** The copy under a key prefix, in the hash `<prefix>tenants`. */
export function createTenantCopy(redis: Redis, { prefix }: { readonly prefix: string }): TenantCopy {
  const key = `${prefix}tenants`;
  return {
    readAll: () => redis.hgetall(key),
    write: async (tenants) => {
      if (tenants.length === 0) return;
      const entries = tenants.flatMap((tenant) => [tenant.name, tenant.revision, JSON.stringify(tenant)]);
      await redis.eval(WRITE, 1, key, ...entries);
    },
  };
}
