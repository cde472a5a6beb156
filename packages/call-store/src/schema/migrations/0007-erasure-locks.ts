import { type Kysely, type Migration, sql } from 'kysely';

/** A lock per call in place of one of the table; and what an erasure found, in the ledger. */
export const erasureLocks: Migration = { up };

async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    create function call_lock(tenant text, call_sid text) returns bigint language sql immutable as $$
      select hashtextextended('turnlog/' || tenant || '/' || call_sid, 0)
    $$`.execute(db);
  await lockBeforeLooking(db);
  await sql`alter table erasures add column found jsonb`.execute(db);
}

/**
 * A writer shares the lock of each call that it writes until its transaction ends. The lock comes before the look: each
 * statement of the function sees what was committed before that statement, so a writer that waited for an erasure sees
 * its mark, and an erasure that waited for a writer sees its row. Replacing a function locks no table, and binds the
 * writers of the version before this one as well.
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
