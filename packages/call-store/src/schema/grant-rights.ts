import { sql, type Kysely } from 'kysely';

/** What a role may do with a table or a view. */
type Right = 'select' | 'insert' | 'update' | 'delete';

/**
 * The roles and all their rights; everything else is forbidden. A role that the database does not have is
 * skipped, so a system with one user for everything needs none of them.
 *
 * - `turnlog_persister` writes rows and the archive; it cannot delete.
 * - `turnlog_reconciler` keeps the list of calls to ask the carrier about.
 * - `turnlog_reader` only reads calls.
 * - `turnlog_eraser` is the turnlog command: tenants, retention, erasure, legal holds.
 */
const RIGHTS: Readonly<Record<string, Readonly<Record<string, readonly Right[]>>>> = {
  turnlog_persister: {
    kysely_migration: ['select'],
    call_sessions: ['select', 'insert', 'update'],
    call_event_segments: ['select', 'insert', 'update'],
    tenants: ['select'],
  },
  turnlog_reconciler: {
    kysely_migration: ['select'],
    call_sessions: ['select'],
    call_reconciliations: ['select', 'insert', 'update'],
    call_placements: ['select', 'insert', 'update'],
    carrier_request_budgets: ['select', 'insert', 'update'],
  },
  turnlog_reader: {
    kysely_migration: ['select'],
    call_sessions: ['select'],
    call_event_segments: ['select'],
    call_turns: ['select'],
  },
  turnlog_eraser: {
    kysely_migration: ['select'],
    call_sessions: ['select', 'insert', 'update', 'delete'],
    call_event_segments: ['select', 'insert', 'update', 'delete'],
    call_turns: ['select'],
    tenants: ['select', 'insert', 'update'],
    call_reconciliations: ['select', 'insert', 'update', 'delete'],
    call_placements: ['select', 'insert', 'update', 'delete'],
    carrier_request_budgets: ['select', 'insert', 'update'],
    legal_holds: ['select', 'insert', 'update', 'delete'],
    erasures: ['select', 'insert', 'update'],
    erased_calls: ['select', 'insert'],
  },
};

/** An arbitrary number: the lock that serializes changes of rights. */
const RIGHTS_LOCK = 7_461_001;

/**
 * Gives the existing roles exactly their rights on the existing tables, and revokes others. In one
 * transaction, so that a role in use is never without its rights, and serialized.
 */
export async function grantRights(db: Kysely<unknown>): Promise<void> {
  await db.transaction().execute(async (transaction) => {
    await sql`select pg_advisory_xact_lock(${RIGHTS_LOCK})`.execute(transaction);
    await replaceRights(transaction);
  });
}

async function replaceRights(db: Kysely<unknown>): Promise<void> {
  for (const [role, rights] of Object.entries(RIGHTS)) {
    if (!(await exists(db, sql`select from pg_roles where rolname = ${role}`))) continue;
    await sql`revoke all on all tables in schema public from ${sql.ref(role)}`.execute(db);
    for (const [table, verbs] of Object.entries(rights)) {
      if (!(await exists(db, sql`select where to_regclass(${table}) is not null`))) continue;
      await sql`grant ${sql.raw(verbs.join(', '))} on ${sql.table(table)} to ${sql.ref(role)}`.execute(db);
    }
  }
}

async function exists(db: Kysely<unknown>, query: ReturnType<typeof sql>): Promise<boolean> {
  return (await query.execute(db)).rows.length > 0;
}
