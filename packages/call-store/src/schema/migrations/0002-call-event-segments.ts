import { type Kysely, type Migration, sql } from 'kysely';
import { compressWithLz4 } from './compress-with-lz4.ts';

/** The archive from which any row can be rebuilt. */
export const callEventSegments: Migration = { up };

async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    create table call_event_segments (
      tenant      text not null,
      call_sid    text not null,
      epoch       text not null,
      from_seq    integer not null,
      to_seq      integer not null,
      event_count integer not null,
      events      json not null,
      created_at  timestamptz not null default now(),
      primary key (tenant, call_sid, epoch, from_seq)
    )`.execute(db);
  await compressWithLz4(db, 'call_event_segments', ['events']);
}
