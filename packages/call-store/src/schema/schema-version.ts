import { sql, type Kysely } from 'kysely';
import { classifyDatabaseError } from '../connection/database-error.ts';
import { CallStoreError } from '../errors.ts';
import { allMigrations } from './migrations/all-migrations.ts';

/** The newest step of the schema that this version knows, and needs. */
const SCHEMA_VERSION = Object.keys(allMigrations).sort().at(-1) ?? '';

/** The newest step of the database; `undefined` if it was never migrated. */
async function schemaVersion<Schema>(db: Kysely<Schema>): Promise<string | undefined> {
  try {
    const { rows } = await sql<{ version: string | null }>`
      select max(name) as version from kysely_migration`.execute(db);
    return rows[0]?.version ?? undefined;
  } catch (error) {
    if (isUndefinedTable(error)) return undefined;
    throw error;
  }
}

/**
 * Throws a {@link CallStoreError} `schema_behind` unless the database has every step that this version needs.
 * A newer schema is fine: the previous version keeps working with each step.
 */
export async function assertMigrated<Schema>(db: Kysely<Schema>): Promise<void> {
  const version = await schemaVersion(db);
  if (version !== undefined && version >= SCHEMA_VERSION) return;
  throw new CallStoreError(
    'schema_behind',
    `The database is at schema ${version ?? 'nothing'}, this version needs ${SCHEMA_VERSION}: run "turnlog migrate".`,
  );
}

function isUndefinedTable(error: unknown): boolean {
  return classifyDatabaseError(error) === 'misconfigured' && (error as { code?: unknown }).code === '42P01';
}
