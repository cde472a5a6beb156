import { type Kysely, type Migration, sql } from 'kysely';
import { compressWithLz4 } from './compress-with-lz4.ts';

/** The row of each call. */
export const callSessions: Migration = { up };

async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    create table call_sessions (
      tenant            text not null,
      call_sid          text not null,
      status            text not null constraint call_sessions_status check (status in (
                          'initiated', 'ringing', 'in_progress', 'completed', 'failed', 'no_answer', 'busy', 'canceled'
                        )),
      direction         text,
      from_number       text,
      to_number         text,
      lead              jsonb not null default '{}',
      stage             text,
      outcome           text,
      initiated_at      timestamptz,
      answered_at       timestamptz,
      ended_at          timestamptz,
      duration_seconds  double precision,
      end_reason        text,
      recording_url     text,
      full_transcript   jsonb not null default '[]',
      collected_data    jsonb not null default '{}',
      objections        jsonb not null default '[]',
      metrics           jsonb not null default '{}',
      version           integer not null,
      fold_version      integer not null,
      epoch             text not null,
      epoch_count       integer not null default 1,
      transcript_sha256 text not null,
      persisted_at      timestamptz not null default now(),
      created_at        timestamptz not null default now(),
      primary key (tenant, call_sid)
    )`.execute(db);

  await sql`create index call_sessions_by_call_sid on call_sessions (call_sid)`.execute(db);
  await sql`create index call_sessions_by_time on call_sessions (initiated_at desc nulls last)`.execute(db);
  await sql`create index call_sessions_by_tenant on call_sessions (tenant, initiated_at desc nulls last)`.execute(
    db,
  );
  await sql`create index call_sessions_by_status on call_sessions (status, initiated_at desc nulls last)`.execute(
    db,
  );
  await compressWithLz4(db, 'call_sessions', ['full_transcript', 'collected_data', 'objections', 'metrics']);
}
