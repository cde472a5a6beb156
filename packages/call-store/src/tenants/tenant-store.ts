import { tenant as tenantSchema, type Changed, type Tenant } from '@turnlog/tenants';
import { sql, type Kysely, type Selectable } from 'kysely';
import { type CallStoreSchema, type TenantsTable } from '../schema/call-store-schema.ts';

/** The authoritative tenants in Postgres, which Redis has a copy of. */
export type TenantStore = ReturnType<typeof createTenantStore>;

/** The tenants of a database. */
export function createTenantStore(db: Kysely<CallStoreSchema>) {
  return {
    /** All of them by name, including revoked ones. */
    list: async () => {
      const rows = await db.selectFrom('tenants').selectAll().orderBy('name').execute();
      return rows.map(toTenant);
    },
    /**
     * Changes or adds a tenant: `change` receives the stored one; its exception is thrown and changes nothing.
     * Changes are serialized. Resolves to the stored tenant.
     */
    change: (name: string, change: (current: Tenant | undefined) => Changed) =>
      db.transaction().execute(async (transaction) => {
        // Also serializes two that add the same tenant; readers do not wait.
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
