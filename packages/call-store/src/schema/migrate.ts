import { Kysely, Migrator, PostgresDialect, sql } from 'kysely';
import { classifyDatabaseError, describeDatabaseError } from '../connection/database-error.ts';
import { createPool, type DatabaseOptions } from '../connection/pool.ts';
import { CallStoreError } from '../errors.ts';
import { describeSchema } from './describe-schema.ts';
import { grantRights } from './grant-rights.ts';
import { allMigrations } from './migrations/all-migrations.ts';

/** A direct connection: the lock belongs to the session, which a transaction-pooling proxy does not keep. */
type MigrateOptions = Pick<DatabaseOptions, 'databaseUrl'>;

/** An arbitrary number: the lock that serializes changes of rights and comments. */
const AFTERWARDS_LOCK = 7_461_001;

/**
 * Brings the schema up to date, all of it or nothing, and then rights of existing roles and comments, likewise.
 * Each takes a lock of the server: a concurrent run waits and finds nothing to do. Resolves to the steps that
 * it took. Throws a {@link CallStoreError} `unreachable` or `migration_failed`.
 */
export async function migrate({ databaseUrl }: MigrateOptions): Promise<{ applied: readonly string[] }> {
  const pool = createPool({
    databaseUrl,
    maxConnections: 1,
    applicationName: 'turnlog-migrate',
    statementTimeoutMs: 0,
  });
  const db = new Kysely<unknown>({ dialect: new PostgresDialect({ pool }) });
  try {
    const migrator = new Migrator({ db, provider: { getMigrations: () => Promise.resolve(allMigrations) } });
    const { error, results = [] } = await migrator.migrateToLatest();
    if (error !== undefined) {
      // A newer version has migrated it, and this one is deployed again: its own steps are all taken.
      if (await hasEveryStep(migrator)) return { applied: [] };
      throw toMigrateError(error, databaseUrl);
    }
    await db.transaction().execute(async (transaction) => {
      await sql`select pg_advisory_xact_lock(${AFTERWARDS_LOCK})`.execute(transaction);
      await grantRights(transaction);
      await describeSchema(transaction);
    });
    return { applied: results.map(({ migrationName }) => migrationName) };
  } finally {
    await db.destroy();
  }
}

/** False also if that cannot be found out: the error of the migration itself is the one to report. */
function hasEveryStep(migrator: Migrator): Promise<boolean> {
  return migrator.getMigrations().then(
    (steps) => steps.every(({ executedAt }) => executedAt !== undefined),
    () => false,
  );
}

function toMigrateError(error: unknown, databaseUrl: string): CallStoreError {
  const reason = describeDatabaseError(error);
  if (classifyDatabaseError(error) === 'unavailable') {
    const message = `Postgres at ${addressOf(databaseUrl)} can't be reached: ${reason}. Is it running, and is the database URL right?`;
    return new CallStoreError('unreachable', message, { cause: error });
  }
  const remedy = isLoginRefused(error)
    ? ' Either the password in the database URL is wrong, or the role does not exist: infra/postgres/roles.sh makes the roles (in compose: docker compose exec postgres bash /docker-entrypoint-initdb.d/roles.sh).'
    : '';
  return new CallStoreError('migration_failed', `The schema could not be migrated: ${reason}.${remedy}`, {
    cause: error,
  });
}

/** SQLSTATE class 28: Postgres also reports a role that does not exist as a wrong password. */
function isLoginRefused(error: unknown): boolean {
  return error instanceof Error && 'code' in error && String(error.code).startsWith('28');
}

/** Host, port and database of the URL, without the password. */
function addressOf(databaseUrl: string): string {
  if (!URL.canParse(databaseUrl)) return 'the given URL';
  const { host, pathname } = new URL(databaseUrl);
  return `${host}${pathname}`;
}
