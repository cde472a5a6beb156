import { sql, type Kysely } from 'kysely';
import { type CallStoreSchema } from '../schema/call-store-schema.ts';

/** A call that was asked of the carrier: whom it was to reach, whether there was a call or not. */
export interface Placement {
  readonly reference: string;
  readonly tenant: string;
  readonly numbers: readonly string[];
  readonly beganAt: Date;
}

/** Every placement, the oldest first. */
export async function readPlacements(db: Kysely<CallStoreSchema>): Promise<Placement[]> {
  if (!(await isThere(db, 'call_placements'))) return [];
  const { rows } = await sql<Placement>`
    select reference, tenant, array_remove(array[dialled, caller_id], null) as numbers, requested_at as "beganAt"
    from call_placements order by requested_at`.execute(db);
  return rows;
}

/** Takes placements away. */
export async function erasePlacements(
  db: Kysely<CallStoreSchema>,
  references: readonly string[],
): Promise<void> {
  if (references.length === 0) return;
  await sql`delete from call_placements where reference = any (${[...references]}::text[])`.execute(db);
}

/** Takes away what the carrier was asked about a call, and has answered. */
export async function eraseCarrierRows(
  db: Kysely<CallStoreSchema>,
  { tenant, callSid }: { readonly tenant: string; readonly callSid: string },
): Promise<void> {
  for (const table of ['call_placements', 'call_reconciliations']) {
    if (!(await isThere(db, table))) continue;
    await sql`delete from ${sql.table(table)} where tenant = ${tenant} and call_sid = ${callSid}`.execute(db);
  }
}

async function isThere(db: Kysely<CallStoreSchema>, table: string): Promise<boolean> {
  const { rows } = await sql`select where to_regclass(${table}) is not null`.execute(db);
  return rows.length > 0;
}
