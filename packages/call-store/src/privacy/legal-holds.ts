import { type CallKey } from '@turnlog/call-events';
import { sql, type Kysely, type RawBuilder, type Transaction } from 'kysely';
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
  const holdLocked = async (transaction: Transaction<CallStoreSchema>) => {
    if (await wasErased(transaction, call)) return 'erased';
    await sql`
      insert into legal_holds (tenant, call_sid, reason) values (${call.tenant}, ${call.callSid}, ${reason})
      on conflict (tenant, call_sid) do update set reason = excluded.reason`.execute(transaction);
    return 'held';
  };
  const work = await withCallLock(db, call, holdLocked, waitMs);
  return work.locked ? work.value : 'busy';
}

/** Releases the hold of a call. False if it was not held. */
export async function releaseCall(
  db: Kysely<CallStoreSchema>,
  { tenant, callSid }: CallKey,
): Promise<boolean> {
  const { numAffectedRows = 0n } = await sql`
    delete from legal_holds where tenant = ${tenant} and call_sid = ${callSid}`.execute(db);
  return numAffectedRows > 0n;
}

/** Every call that is held. */
export async function listHolds(db: Kysely<CallStoreSchema>): Promise<LegalHold[]> {
  const { rows } = await sql<LegalHold>`
    select tenant, call_sid as "callSid", reason, held_at as "heldAt" from legal_holds
    order by held_at`.execute(db);
  return rows;
}

/** Whether a call is held. */
export async function isHeld(db: Kysely<CallStoreSchema>, { tenant, callSid }: CallKey): Promise<boolean> {
  const { rows } = await sql`
    select from legal_holds where tenant = ${tenant} and call_sid = ${callSid}`.execute(db);
  return rows.length > 0;
}

/** In a statement: whether the call of a row is held. */
export function isOfHeldCall(table: string): RawBuilder<boolean> {
  return sql<boolean>`exists (
    select from legal_holds as hold
    where hold.tenant = ${sql.ref(`${table}.tenant`)} and hold.call_sid = ${sql.ref(`${table}.call_sid`)}
  )`;
}
