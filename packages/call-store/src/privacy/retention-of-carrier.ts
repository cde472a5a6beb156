import { sql, type Kysely } from 'kysely';
import { type CallStoreSchema } from '../schema/call-store-schema.ts';
import { isOfHeldCall } from './legal-holds.ts';
import { type RetentionStep } from './retention.ts';

/** Which placements are too old: those of a tenant from before a moment. */
export type CarrierStep = Pick<RetentionStep, 'tenant' | 'before'>;

const isDue = ({ tenant, before }: CarrierStep) => sql`
  placement.tenant = ${tenant} and placement.requested_at < ${before.toISOString()}
  and not ${isOfHeldCall('placement')}`;

/** How many placements {@link removePlacements} would delete. */
export async function countPlacements(db: Kysely<CallStoreSchema>, step: CarrierStep): Promise<number> {
  const { rows } = await sql<{ count: number }>`
    select count(*)::integer as count from call_placements as placement where ${isDue(step)}`.execute(db);
  return rows[0]?.count ?? 0;
}

/**
 * Deletes placements that are too old, and the carrier's answers about calls that are; resolves to the number
 * of placements. The state `settled` stays as long as the row: otherwise the call would be asked about again.
 */
export async function removePlacements(db: Kysely<CallStoreSchema>, step: CarrierStep): Promise<number> {
  const { numAffectedRows = 0n } = await sql`
    delete from call_placements as placement where ${isDue(step)}`.execute(db);
  const isOld = sql`
    list.tenant = ${step.tenant} and list.enrolled_at < ${step.before.toISOString()} and list.state <> 'due'
    and not ${isOfHeldCall('list')}`;
  await sql`
    delete from call_reconciliations as list where ${isOld} and not exists (
      select from call_sessions as call where call.tenant = list.tenant and call.call_sid = list.call_sid
    )`.execute(db);
  await sql`
    update call_reconciliations as list set answer = null, problem = null
    where ${isOld} and (answer is not null or problem is not null)`.execute(db);
  return Number(numAffectedRows);
}
