import { type Kysely, type Migration, sql } from 'kysely';

/** More facts of the carrier: the currency of the price, the custom field, and other legs. */
export const carrierFacts: Migration = { up };

async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    alter table call_sessions
      add column currency text,
      add column custom_field text,
      add column legs jsonb not null default '[]'`.execute(db);
}
