import { type Kysely, type Migration, sql } from 'kysely';

/** Consents in the record; deletions by retention; legal holds; erased calls and the erasure ledger. */
export const privacy: Migration = { up };

async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    alter table call_sessions
      add column consents jsonb not null default '[]',
      add column transcript_removed_at timestamptz,
      add column archive_removed_at timestamptz`.execute(db);

  await sql`
    create table legal_holds (
      tenant   text not null,
      call_sid text not null,
      reason   text not null,
      held_at  timestamptz not null default now(),
      primary key (tenant, call_sid)
    )`.execute(db);

  await sql`
    create table erasures (
      kind      text not null constraint erasures_kind check (kind in ('call', 'phone')),
      subject   text not null,
      tenant    text,
      erased_at timestamptz not null default now(),
      constraint erasures_once unique nulls not distinct (kind, subject, tenant)
    )`.execute(db);

  await sql`
    create table erased_calls (
      call_hash bytea not null primary key,
      erased_at timestamptz not null default now()
    )`.execute(db);
  await refuseErasedCalls(db);
}

/**
 * A process that still has an erased call (a persister that had read its log, a gateway that returns) may
 * write it as before, and nothing is stored. Runs as its owner, so that writers need no right to read the
 * erased calls.
 */
async function refuseErasedCalls(db: Kysely<unknown>): Promise<void> {
  await sql`
    create function refuse_erased_call() returns trigger language plpgsql security definer set search_path = public as $$
    begin
      if exists (
        select from erased_calls
        where call_hash = sha256(convert_to(new.tenant || '/' || new.call_sid, 'UTF8'))
      ) then
        return null;
      end if;
      return new;
    end $$`.execute(db);
  for (const table of ['call_sessions', 'call_event_segments']) {
    await sql`
      create trigger refuse_erased_call before insert on ${sql.table(table)}
      for each row execute function refuse_erased_call()`.execute(db);
  }
}
