import { type Kysely, type Migration, sql } from 'kysely';

/** What analysts ask of a call: why it failed, how it ended, and what happened in it. */
export const callAnalysis: Migration = { up };

async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    alter table call_sessions
      add column outcome_reason text,
      add column ended_cleanly boolean,
      add column failure_cause text,
      add column agent_reached boolean,
      add column keys_pressed text,
      add column stages jsonb not null default '[]',
      add column tool_calls jsonb not null default '[]'`.execute(db);
}
