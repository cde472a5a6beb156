import { callId, type CallKey } from '@turnlog/call-events';
import { sql, type Kysely, type Transaction } from 'kysely';
import { type CallStoreSchema } from '../schema/call-store-schema.ts';
import { withCallLock } from './call-lock.ts';
import { isHeld } from './legal-holds.ts';
import { eraseCarrierRows } from './placements.ts';

/**
 * The outcome of an erasure in Postgres: how much was deleted; or the call is held; or another transaction
 * kept the call or the table locked for too long, and nothing changed.
 */
export type ErasedCall =
  | {
      readonly outcome: 'erased';
      readonly rows: number;
      readonly segments: number;
      readonly placements: number;
    }
  | { readonly outcome: 'held' }
  | { readonly outcome: 'busy' };

/**
 * Deletes a call's row and archive, and writes its erasure marker; idempotent.
 *
 * Each writer shares the call's lock until its transaction ends, and checks for the marker after it has the
 * lock. So an earlier write is waited for and then deleted, and a later one finds the marker.
 */
export async function eraseCall(
  db: Kysely<CallStoreSchema>,
  call: CallKey,
  waitMs?: number,
): Promise<ErasedCall> {
  const { tenant, callSid } = call;
  const eraseLocked = async (transaction: Transaction<CallStoreSchema>): Promise<ErasedCall> => {
    if (await isHeld(transaction, call)) return { outcome: 'held' };
    await sql`
      insert into erased_calls (call_hash) values (sha256(convert_to(${callId(call)}, 'UTF8')))
      on conflict do nothing`.execute(transaction);
    const isOf = { tenant, call_sid: callSid };
    const rows = await transaction
      .deleteFrom('call_sessions')
      .where((where) => where.and(isOf))
      .executeTakeFirst();
    const segments = await transaction
      .deleteFrom('call_event_segments')
      .where((where) => where.and(isOf))
      .executeTakeFirst();
    const placements = await eraseCarrierRows(transaction, call);
    const [row, segment] = [rows, segments].map(({ numDeletedRows }) => Number(numDeletedRows));
    return { outcome: 'erased', rows: row ?? 0, segments: segment ?? 0, placements };
  };
  const work = await withCallLock(db, call, eraseLocked, waitMs);
  return work.locked ? work.value : { outcome: 'busy' };
}
