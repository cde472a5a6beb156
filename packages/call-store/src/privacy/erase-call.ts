import { callId, type CallKey } from '@turnlog/call-events';
import { sql, type Kysely, type Transaction } from 'kysely';
import { type CallStoreSchema } from '../schema/call-store-schema.ts';
import { withCallLock } from './call-lock.ts';
import { isHeld } from './legal-holds.ts';
import { eraseCarrierRows } from './placements.ts';

/**
 * What became of an erasure in Postgres: how much was taken away; or that the call is held; or that another transaction
 * kept it, or the table, locked for too long, and nothing was changed.
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
 * Takes a call's row and archive away, and marks it so that nothing writes them again. Doing it twice changes nothing.
 *
 * Each writer shares the call's lock until its transaction ends, and looks for the mark after it has the lock. So a write
 * that began before is waited for and then deleted, and one that begins later finds the mark.
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
