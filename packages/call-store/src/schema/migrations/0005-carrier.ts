import { type Kysely, type Migration, sql } from 'kysely';

/** The price of a call, and the pending questions to the carrier. */
export const carrier: Migration = { up };

async function up(db: Kysely<unknown>): Promise<void> {
  await sql`alter table call_sessions add column price numeric`.execute(db);
  // Finds the calls that the reconciler has not enrolled yet. A row's creation time never changes, so updates
  // do not pay for it.
  await sql`create index call_sessions_by_creation on call_sessions (tenant, created_at)`.execute(db);

  await sql`
    create table call_reconciliations (
      tenant      text not null,
      call_sid    text not null,
      state       text not null default 'due' constraint call_reconciliations_state
                    check (state in ('due', 'settled', 'unknown', 'incomplete')),
      due_at      timestamptz not null,
      checks      integer not null default 0,
      failures    integer not null default 0,
      problem     text,
      answer      text,
      enrolled_at timestamptz not null default now(),
      primary key (tenant, call_sid)
    )`.execute(db);
  await sql`create index call_reconciliations_due on call_reconciliations (tenant, due_at) where state = 'due'`.execute(
    db,
  );

  await sql`
    create table call_placements (
      reference    text primary key,
      tenant       text not null,
      state        text not null default 'requested' constraint call_placements_state
                     check (state in ('requested', 'placed', 'refused', 'may_exist', 'found', 'not_found', 'ambiguous')),
      dialled      text,
      caller_id    text,
      call_sid     text,
      problem      text,
      requested_at timestamptz not null default now(),
      due_at       timestamptz not null,
      checks       integer not null default 0
    )`.execute(db);
  await sql`
    create index call_placements_due on call_placements (tenant, due_at)
    where state in ('requested', 'may_exist')`.execute(db);
  await sql`create index call_placements_by_call on call_placements (tenant, call_sid)`.execute(db);

  await sql`
    create table carrier_request_budgets (
      account       text primary key,
      requests      double precision not null,
      refilled_at   timestamptz not null,
      blocked_until timestamptz
    )`.execute(db);
}
