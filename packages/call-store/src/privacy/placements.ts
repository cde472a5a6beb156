import { sql, type Kysely } from 'kysely';
import { type CallStoreSchema } from '../schema/call-store-schema.ts';
import { isOfHeldCall } from './legal-holds.ts';
import { type TextFilter } from './stored-texts.ts';

/** A requested call and its recipient, whether it came about or not. */
export interface Placement {
  readonly reference: string;
  readonly tenant: string;
  /** `null` while no call is known. */
  readonly callSid: string | null;
  readonly beganAt: Date;
  /** Every column. */
  readonly value: unknown;
}

/** The placements that match, or all; the oldest first. */
export async function readPlacements(
  db: Kysely<CallStoreSchema>,
  { tenant, pattern }: TextFilter = {},
): Promise<Placement[]> {
  const { rows } = await sql<Placement>`
    select reference, tenant, call_sid as "callSid", requested_at as "beganAt", to_jsonb(source) as value
    from call_placements as source
    where (${tenant ?? null}::text is null or tenant = ${tenant ?? null})
      and (${pattern ?? null}::text is null or source::text ~ ${pattern ?? null})
    order by requested_at`.execute(db);
  return rows;
}

/** Deletes placements, except those of a held call; resolves to their number. */
export async function erasePlacements(
  db: Kysely<CallStoreSchema>,
  references: readonly string[],
): Promise<number> {
  if (references.length === 0) return 0;
  const { numAffectedRows = 0n } = await sql`
    delete from call_placements as placement
    where reference = any (${[...references]}::text[]) and not ${isOfHeldCall('placement')}`.execute(db);
  return Number(numAffectedRows);
}
