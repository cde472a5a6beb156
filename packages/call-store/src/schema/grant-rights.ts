import { sql, type Kysely } from 'kysely';

/** What a role may do with a table or a view. */
type Right = 'select' | 'insert' | 'update' | 'delete';

/**
 * The roles, and all that each may do: whatever is not here, it may not. A role that the database doesn't have is passed
 * over, so a system with one user for everything needs none of them.
 *
 * - `turnlog_persister` writes rows and the archive; it can take nothing away.
 * - `turnlog_reconciler` keeps the list of calls to ask the carrier about.
 * - `turnlog_reader` is for whoever looks at calls.
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

/** Any number: whoever changes rights holds the lock of this name. */
const RIGHTS_LOCK = 7_461_001;

/**
 * Gives the roles that there are exactly their rights on the tables that there are: what one had before is taken away. All
 * at once, so that nobody who is at work is without, and by one at a time.
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
