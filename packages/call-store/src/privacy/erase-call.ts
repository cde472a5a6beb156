import { type CallKey } from '@turnlog/call-events';
import { sql, type Kysely } from 'kysely';
import { type CallStoreSchema } from '../schema/call-store-schema.ts';
import { isHeld } from './legal-holds.ts';
import { eraseCarrierRows } from './placements.ts';

/** What became of an erasure in Postgres: how much was taken away, or that the call is held. */
export type ErasedCall =
  | { readonly outcome: 'erased'; readonly rows: number; readonly segments: number }
  | { readonly outcome: 'held' };

/**
 * Takes a call's row and archive away, and sees to it that nobody writes them again. Doing it twice changes nothing.
 *
 * First the call is marked, for all to see; then the lock waits for every write that began before, which may not have
 * seen the mark. What is deleted after that does not come back.
 */
export async function eraseCall(db: Kysely<CallStoreSchema>, call: CallKey): Promise<ErasedCall> {
  if (await isHeld(db, call)) return { outcome: 'held' };
  const { tenant, callSid } = call;
  await sql`
    insert into erased_calls (call_hash) values (sha256(convert_to(${`${tenant}/${callSid}`}, 'UTF8')))
    on conflict do nothing`.execute(db);
  return db.transaction().execute(async (transaction) => {
    // Every writer of segments writes rows in the same statement or before, so one lock is enough.
    await sql`lock table call_sessions in share mode`.execute(transaction);
    const isOf = { tenant, call_sid: callSid };
    const rows = await transaction
      .deleteFrom('call_sessions')
      .where((where) => where.and(isOf))
      .executeTakeFirst();
    const segments = await transaction
      .deleteFrom('call_event_segments')
      .where((where) => where.and(isOf))
      .executeTakeFirst();
    await eraseCarrierRows(transaction, call);
    const [row, segment] = [rows, segments].map(({ numDeletedRows }) => Number(numDeletedRows));
    return { outcome: 'erased', rows: row ?? 0, segments: segment ?? 0 };
  });
}
