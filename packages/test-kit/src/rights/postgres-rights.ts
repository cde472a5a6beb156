import pg from 'pg';
import { type RightsTrial } from './redis-rights.ts';

const VIEWS = [
  ...['call_turns', 'call_stages', 'call_tools', 'daily_calls', 'daily_talk', 'daily_latency'],
  ...['daily_failures', 'daily_outcomes', 'daily_tools'],
];
const READ_VIEWS = Object.fromEntries(VIEWS.map((view) => [view, ['select']]));
const TABLES = [
  'tenants',
  'legal_holds',
  'erasures',
  'erased_calls',
  'call_reconciliations',
  'call_placements',
  'carrier_request_budgets',
  'call_sessions',
  'call_event_segments',
  ...VIEWS,
  'kysely_migration',
  'kysely_migration_lock',
];
const COLUMN_OF: Readonly<Record<string, string>> = {
  erased_calls: 'erased_at',
  carrier_request_budgets: 'account',
  kysely_migration: 'name',
  kysely_migration_lock: 'id',
  tenants: 'name',
};
const VERBS: Readonly<Record<string, (table: string) => string>> = {
  select: (table) => `select * from ${table} limit 0`,
  insert: (table) => `insert into ${table} select * from ${table} limit 0`,
  update: (table) => `update ${table} set ${COLUMN_OF[table] ?? 'tenant'} = null where false`,
  delete: (table) => `delete from ${table} where false`,
  truncate: (table) => `truncate ${table}`,
  drop: (table) => `drop ${VIEWS.includes(table) ? 'view' : 'table'} ${table}`,
  alter: (table) => `alter ${VIEWS.includes(table) ? 'view' : 'table'} ${table} rename to x`,
};
/** The rights of each role on each table. */
export const POSTGRES_RIGHTS: Readonly<Record<string, Readonly<Record<string, readonly string[]>>>> = {
  turnlog_persister: {
    call_sessions: ['select', 'insert', 'update'],
    call_event_segments: ['select', 'insert', 'update'],
    kysely_migration: ['select'],
    tenants: ['select'],
  },
  turnlog_reconciler: {
    call_sessions: ['select'],
    call_reconciliations: ['select', 'insert', 'update'],
    call_placements: ['select', 'insert', 'update'],
    carrier_request_budgets: ['select', 'insert', 'update'],
    kysely_migration: ['select'],
  },
  turnlog_reader: {
    call_sessions: ['select'],
    ...READ_VIEWS,
    kysely_migration: ['select'],
  },
  turnlog_eraser: {
    call_sessions: ['select', 'insert', 'update', 'delete'],
    call_event_segments: ['select', 'insert', 'update', 'delete'],
    ...READ_VIEWS,
    kysely_migration: ['select'],
    tenants: ['select', 'insert', 'update'],
    legal_holds: ['select', 'insert', 'update', 'delete'],
    erasures: ['select', 'insert', 'update'],
    erased_calls: ['select', 'insert'],
    call_reconciliations: ['select', 'insert', 'update', 'delete'],
    call_placements: ['select', 'insert', 'update', 'delete'],
    carrier_request_budgets: ['select', 'insert', 'update'],
  },
};

const BEYOND_TABLES = [
  'create table x (a int)',
  'create schema x',
  'create role x',
  `copy call_sessions to program 'true'`,
  'alter system set fsync = off',
  `select pg_read_file('/etc/passwd')`,
  'set role turnlog_owner',
];
/** insufficient_privilege; and for a view, object_not_in_prerequisite_state. */
const REFUSALS = ['42501', '55000'];

/** Tries every verb of a role on tables without that right, and the statements of a server's owner. */
export async function tryPostgresRole(urlOf: (role: string) => string, role: string): Promise<RightsTrial> {
  const client = new pg.Client({ connectionString: urlOf(role) });
  await client.connect();
  try {
    // A role may change its own defaults, so they are not what forbids it to write.
    await client.query('set default_transaction_read_only = off');
    const problems = await differencesOf(client, role);
    const forbidden = [...forbiddenStatements(role), ...BEYOND_TABLES];
    for (const statement of forbidden) {
      const code = await client.query(statement).then(
        () => 'done',
        (error: unknown) => (error as { code?: string }).code ?? String(error),
      );
      if (!REFUSALS.includes(code)) problems.push(`${statement}: ${code}`);
    }
    return { tried: forbidden.length, problems };
  } finally {
    await client.end();
  }
}

function forbiddenStatements(role: string): string[] {
  return TABLES.flatMap((table) =>
    Object.entries(VERBS).flatMap(([verb, statement]) => {
      const isNoStatement = VIEWS.includes(table) && verb === 'truncate';
      return isNoStatement || POSTGRES_RIGHTS[role]?.[table]?.includes(verb) ? [] : [statement(table)];
    }),
  );
}

/** The server's grants that differ from the expected ones. */
async function differencesOf(client: pg.Client, role: string): Promise<string[]> {
  const { rows } = await client.query<{ table_name: string; privilege_type: string }>(
    `select table_name, privilege_type from information_schema.role_table_grants where grantee = $1`,
    [role],
  );
  const granted = new Set(
    rows.map(({ table_name: table, privilege_type: verb }) => `${verb.toLowerCase()} ${table}`),
  );
  const meant = new Set(
    Object.entries(POSTGRES_RIGHTS[role] ?? {}).flatMap(([table, verbs]) =>
      verbs.map((verb) => `${verb} ${table}`),
    ),
  );
  return [
    ...[...granted].filter((right) => !meant.has(right)).map((right) => `granted: ${right}`),
    ...[...meant].filter((right) => !granted.has(right)).map((right) => `not granted: ${right}`),
  ];
}
