import { setTimeout as sleep } from 'node:timers/promises';
import { type CallKey } from '@turnlog/call-events';
import { sql, type Kysely, type Transaction } from 'kysely';
import { type CallStoreSchema } from '../schema/call-store-schema.ts';

/** How long to wait for a call that is being written, and for a lock of a table that a migration holds. */
const CALL_LOCK_WAIT_MS = 10_000;
const TRY_EVERY_MS = 50;

/** The outcome of work that needs exclusive use of a call. */
export type LockedWork<T> = { readonly locked: true; readonly value: T } | { readonly locked: false };

/**
 * Runs work in a transaction during which the call is not written. Locks no table and blocks no writer while
 * it waits: it tries until `waitMs`.
 */
export async function withCallLock<T>(
  db: Kysely<CallStoreSchema>,
  call: CallKey,
  work: (transaction: Transaction<CallStoreSchema>) => Promise<T>,
  waitMs = CALL_LOCK_WAIT_MS,
): Promise<LockedWork<T>> {
  try {
    return await db.transaction().execute(async (transaction) => {
      await sql`select set_config('lock_timeout', ${String(waitMs)}, true)`.execute(transaction);
      if (!(await takeLock(transaction, call, waitMs))) return { locked: false };
      return { locked: true, value: await work(transaction) };
    });
  } catch (error) {
    if (isLockTimeout(error)) return { locked: false };
    throw error;
  }
}

async function takeLock(
  transaction: Transaction<CallStoreSchema>,
  call: CallKey,
  waitMs: number,
): Promise<boolean> {
  const giveUpAt = performance.now() + waitMs;
  for (;;) {
    const { rows } = await sql<{ taken: boolean }>`
      select pg_try_advisory_xact_lock(call_lock(${call.tenant}, ${call.callSid})) as taken`.execute(
      transaction,
    );
    if (rows[0]?.taken === true) return true;
    if (performance.now() > giveUpAt) return false;
    await sleep(TRY_EVERY_MS);
  }
}

function isLockTimeout(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === '55P03';
}
