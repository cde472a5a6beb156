import { type Kysely, type Migration, sql } from 'kysely';

/** A lock for each call instead of the table, and the findings of an erasure in the ledger. */
export const erasureLocks: Migration = { up };

/** An arbitrary number: the locks of calls start here. */
const FIRST_LOCK = 7_461_002_000_000;
/**
 * Calls share this many locks. With one for each, a statement that writes many calls would fill the server's
 * lock table, which has room for some thousands (max_locks_per_transaction × max_connections).
 */
const LOCKS = 1_024;

async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    create function call_lock(tenant text, call_sid text) returns bigint language sql immutable as $$
      select ${sql.lit(FIRST_LOCK)} + (hashtextextended(tenant || '/' || call_sid, 0) & ${sql.lit(LOCKS - 1)})
    $$`.execute(db);
  await lockBeforeLooking(db);
  await sql`alter table erasures add column found jsonb`.execute(db);
}

/**
 * A writer shares the lock of each call that it writes until its transaction ends. It takes the lock before
 * it checks: each statement of the function sees earlier commits, so a writer that waited for an erasure sees
 * its marker, and an erasure that waited for a writer sees its row. Replacing a function locks no table, and
 * applies to writers of the previous version as well.
 */
async function lockBeforeLooking(db: Kysely<unknown>): Promise<void> {
  await sql`
    create or replace function refuse_erased_call() returns trigger
    language plpgsql security definer set search_path = public as $$
    begin
      perform pg_advisory_xact_lock_shared(call_lock(new.tenant, new.call_sid));
      if exists (
        select from erased_calls
        where call_hash = sha256(convert_to(new.tenant || '/' || new.call_sid, 'UTF8'))
      ) then
        return null;
      end if;
      return new;
    end $$`.execute(db);
}
