import { type CallKey } from '@turnlog/call-events';
import { sql, type Kysely, type RawBuilder } from 'kysely';
import { type CallStoreSchema } from '../schema/call-store-schema.ts';
import { withCallLock } from './call-lock.ts';
import { wasErased } from './known-tenants.ts';

/** A held call: neither retention nor an erasure may delete it. */
export interface LegalHold extends CallKey {
  readonly reason: string;
  readonly heldAt: Date;
}

/**
 * Holds a call, even without a row; a second hold changes the reason. Waits for an erasure in progress: a
 * call is either held or erased. `busy` if another transaction kept the call for too long.
 */
export async function holdCall(
  db: Kysely<CallStoreSchema>,
  call: CallKey,
  reason: string,
  waitMs?: number,
): Promise<'held' | 'erased' | 'busy'> {
  const { tenant, callSid } = call;
  const work = await withCallLock(
    db,
    call,
    async (transaction) => {
      if (await wasErased(transaction, call)) return 'erased';
      await transaction
        .insertInto('legal_holds')
        .values({ tenant, call_sid: callSid, reason })
        .onConflict((conflict) => conflict.columns(['tenant', 'call_sid']).doUpdateSet({ reason }))
        .execute();
      return 'held';
    },
    waitMs,
  );
  return work.locked ? work.value : 'busy';
}

/** Releases the hold of a call. False if it was not held. */
export async function releaseCall(
  db: Kysely<CallStoreSchema>,
  { tenant, callSid }: CallKey,
): Promise<boolean> {
  const { numDeletedRows } = await db
    .deleteFrom('legal_holds')
    .where('tenant', '=', tenant)
    .where('call_sid', '=', callSid)
    .executeTakeFirst();
  return numDeletedRows > 0n;
}

/** Every call that is held. */
export async function listHolds(db: Kysely<CallStoreSchema>): Promise<LegalHold[]> {
  const rows = await db.selectFrom('legal_holds').selectAll().orderBy('held_at').execute();
  return rows.map(({ tenant, call_sid, reason, held_at }) => ({
    ...{ tenant, callSid: call_sid, reason },
    heldAt: held_at,
  }));
}

/** Whether a call is held. */
export async function isHeld(db: Kysely<CallStoreSchema>, { tenant, callSid }: CallKey): Promise<boolean> {
  const hold = await db
    .selectFrom('legal_holds')
    .select('tenant')
    .where('tenant', '=', tenant)
    .where('call_sid', '=', callSid)
    .executeTakeFirst();
  return hold !== undefined;
}

/** In a statement: whether the call of a row is held. */
export function isOfHeldCall(table: string): RawBuilder<boolean> {
  return sql<boolean>`exists (
    select from legal_holds as hold
    where hold.tenant = ${sql.ref(`${table}.tenant`)} and hold.call_sid = ${sql.ref(`${table}.call_sid`)}
  )`;
}
