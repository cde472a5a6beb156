import { tenant as tenantSchema, type Changed, type Tenant } from '@turnlog/tenants';
import { sql, type Kysely, type Selectable } from 'kysely';
import { type CallStoreSchema, type TenantsTable } from '../schema/call-store-schema.ts';

/** The tenants in Postgres: the truth, of which Redis has a copy. */
export interface TenantStore {
  /** All of them by name, those that were revoked as well. */
  list(): Promise<Tenant[]>;
  /**
   * Changes a tenant, or adds it: `change` is given the one that is stored, and what it throws is thrown and changes
   * nothing. One change happens after the other. Resolves to what is stored now.
   */
  change(name: string, change: (current: Tenant | undefined) => Changed): Promise<Changed>;
}

/** The tenants of a database. */
export function createTenantStore(db: Kysely<CallStoreSchema>): TenantStore {
  return {
    list: async () => {
      const rows = await db.selectFrom('tenants').selectAll().orderBy('name').execute();
      return rows.map(toTenant);
    },
    change: (name, change) =>
      db.transaction().execute(async (transaction) => {
        // Also two that add the same tenant come one after the other; whoever only reads waits for nobody.
        await sql`lock table tenants in share row exclusive mode`.execute(transaction);
        const row = await transaction
          .selectFrom('tenants')
          .selectAll()
          .where('name', '=', name)
          .executeTakeFirst();
        const changed = change(row && toTenant(row));
        const tenant = { ...changed.tenant, revision: (row?.revision ?? 0) + 1 };
        await save(transaction, tenant);
        return { ...changed, tenant };
      }),
  };
}

async function save(db: Kysely<CallStoreSchema>, tenant: Tenant): Promise<void> {
  const row = {
    revision: tenant.revision,
    secrets: JSON.stringify(tenant.secrets),
    policy: JSON.stringify(tenant.policy),
    revoked_at: tenant.revokedAt,
  };
  await db
    .insertInto('tenants')
    .values({ name: tenant.name, ...row })
    .onConflict((conflict) => conflict.column('name').doUpdateSet({ ...row, changed_at: sql<Date>`now()` }))
    .execute();
}

function toTenant({ name, revision, secrets, policy, revoked_at }: Selectable<TenantsTable>): Tenant {
  return tenantSchema.parse({
    name,
    revision,
    secrets,
    policy,
    revokedAt: revoked_at?.toISOString() ?? null,
  });
}
