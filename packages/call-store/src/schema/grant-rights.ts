import { sql, type Kysely } from 'kysely';
import { viewComments } from './comments/views.ts';

/** What a role may do with a table or a view. */
type Right = 'select' | 'insert' | 'update' | 'delete';

const READ_VIEWS = Object.fromEntries(Object.keys(viewComments).map((view) => [view, ['select'] as const]));

/**
 * The roles and all their rights; everything else is forbidden. A role that the database does not have is
 * skipped, so a system with one user for everything needs none of them.
 *
 * - `turnlog_persister` writes rows and the archive; it cannot delete.
 * - `turnlog_reconciler` keeps the list of calls to ask the carrier about.
 * - `turnlog_reader` only reads rows and views: not the archive, which has what a row leaves out, such as
 *   each key that was pressed and the carrier's messages.
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
    ...READ_VIEWS,
  },
  turnlog_eraser: {
    kysely_migration: ['select'],
    call_sessions: ['select', 'insert', 'update', 'delete'],
    call_event_segments: ['select', 'insert', 'update', 'delete'],
    ...READ_VIEWS,
    tenants: ['select', 'insert', 'update'],
    call_reconciliations: ['select', 'insert', 'update', 'delete'],
    call_placements: ['select', 'insert', 'update', 'delete'],
    carrier_request_budgets: ['select', 'insert', 'update'],
    legal_holds: ['select', 'insert', 'update', 'delete'],
    erasures: ['select', 'insert', 'update'],
    erased_calls: ['select', 'insert'],
  },
};

/**
 * Gives the existing roles exactly their rights on the existing tables, and revokes others. Runs in a
 * transaction, so that a role in use is never without its rights.
 */
export async function grantRights(db: Kysely<unknown>): Promise<void> {
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
