import { callId, type CallKey } from '@turnlog/call-events';
import { sql, type Kysely, type Transaction } from 'kysely';
import { type CallStoreSchema } from '../schema/call-store-schema.ts';
import { withCallLock } from './call-lock.ts';
import { isHeld } from './legal-holds.ts';

/**
 * The outcome of an erasure in Postgres: how much was deleted; or the call is held; or another transaction
 * kept the call or the table locked for too long, and nothing changed.
 */
type ErasedCall =
  { outcome: 'erased'; rows: number; segments: number; placements: number } | { outcome: 'held' | 'busy' };

/**
 * Deletes a call's row, its archive, and the carrier's questions and answers about it, and writes its erasure
 * marker; idempotent.
 *
 * Each writer shares the call's lock until its transaction ends, and checks for the marker after it has the
 * lock. So an earlier write is waited for and then deleted, and a later one finds the marker.
 */
export async function eraseCall(
  db: Kysely<CallStoreSchema>,
  call: CallKey,
  waitMs?: number,
): Promise<ErasedCall> {
  const eraseLocked = async (transaction: Transaction<CallStoreSchema>): Promise<ErasedCall> => {
    if (await isHeld(transaction, call)) return { outcome: 'held' };
    await sql`
      insert into erased_calls (call_hash) values (sha256(convert_to(${callId(call)}, 'UTF8')))
      on conflict do nothing`.execute(transaction);
    const rows = await eraseFrom(transaction, 'call_sessions', call);
    const segments = await eraseFrom(transaction, 'call_event_segments', call);
    await eraseFrom(transaction, 'call_reconciliations', call);
    const placements = await eraseFrom(transaction, 'call_placements', call);
    return { outcome: 'erased', rows, segments, placements };
  };
  const work = await withCallLock(db, call, eraseLocked, waitMs);
  return work.locked ? work.value : { outcome: 'busy' };
}

async function eraseFrom(
  transaction: Transaction<CallStoreSchema>,
  table: string,
  { tenant, callSid }: CallKey,
): Promise<number> {
  const { numAffectedRows = 0n } = await sql`
    delete from ${sql.table(table)} where tenant = ${tenant} and call_sid = ${callSid}`.execute(transaction);
  return Number(numAffectedRows);
}
