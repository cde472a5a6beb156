import { callId, type CallKey } from '@turnlog/call-events';
import { sql, type Kysely } from 'kysely';
import { type CallStoreSchema } from '../schema/call-store-schema.ts';

/** The tables that have a call of this sid. */
export interface KnownCall {
  readonly tenant: string;
  /** Names of tables. */
  readonly tables: readonly string[];
}

const TABLES = [
  ...(['call_sessions', 'call_event_segments', 'call_placements', 'call_reconciliations'] as const),
];

/** The tenants that have any data of a call of this sid. */
export async function tenantsOfSid(db: Kysely<CallStoreSchema>, callSid: string): Promise<KnownCall[]> {
  const found = TABLES.map(
    (table) =>
      sql`select ${table}::text as found_in, tenant from ${sql.table(table)} where call_sid = ${callSid}`,
  );
  const { rows } = await sql<KnownCall>`
    select tenant, array_agg(distinct found_in) as tables from (${sql.join(found, sql` union all `)}) as known
    group by tenant order by tenant`.execute(db);
  return rows;
}

/** Whether a call was erased: it is not written any more. */
export async function wasErased(db: Kysely<CallStoreSchema>, call: CallKey): Promise<boolean> {
  const { rows } = await sql`
    select from erased_calls
    where call_hash = sha256(convert_to(${callId(call)}, 'UTF8'))`.execute(db);
  return rows.length > 0;
}
