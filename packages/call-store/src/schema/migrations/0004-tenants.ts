import { type Kysely, type Migration, sql } from 'kysely';

/** The tenants that may stream and report, with hashes of their secrets. */
export const tenants: Migration = { up };

async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    create table tenants (
      name       text not null primary key constraint tenants_name check (name ~ '^[a-z0-9][a-z0-9_-]{0,62}$'),
      revision   integer not null,
      secrets    jsonb not null,
      policy     jsonb not null,
      revoked_at timestamptz,
      created_at timestamptz not null default now(),
      changed_at timestamptz not null default now()
    )`.execute(db);
}
