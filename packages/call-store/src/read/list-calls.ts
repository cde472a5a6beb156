import { type CallKey } from '@turnlog/call-events';
import { sql, type Kysely } from 'kysely';
import { type CallStoreSchema, type StoredCall } from '../schema/call-store-schema.ts';

/** Which calls to list. */
export interface CallFilter {
  /** The most calls to list, the latest; 20 by default. */
  readonly last?: number | undefined;
  readonly tenant?: string | undefined;
  readonly status?: StoredCall['status'] | undefined;
  readonly outcome?: string | undefined;
  /** Calls that began at this moment or later. */
  readonly since?: Date | undefined;
}

const SUMMARY_COLUMNS = [
  ...(['tenant', 'call_sid', 'status', 'direction', 'stage', 'outcome', 'initiated_at', 'ended_at'] as const),
  ...(['duration_seconds', 'end_reason', 'version', 'persisted_at'] as const),
];

/** A line of a list of calls: the columns that do not grow with the call. */
export type CallSummary = Pick<StoredCall, (typeof SUMMARY_COLUMNS)[number]> & { readonly turns: number };

/** The calls that pass the filter, the latest first. */
export async function listCalls(
  db: Kysely<CallStoreSchema>,
  { last = 20, tenant, status, outcome, since }: CallFilter = {},
): Promise<CallSummary[]> {
  let query = db
    .selectFrom('call_sessions')
    .select(SUMMARY_COLUMNS)
    .select(sql<number>`coalesce((metrics ->> 'turns')::integer, 0)`.as('turns'));
  if (tenant !== undefined) query = query.where('tenant', '=', tenant);
  if (status !== undefined) query = query.where('status', '=', status);
  if (outcome !== undefined) query = query.where('outcome', '=', outcome);
  if (since !== undefined) query = query.where('initiated_at', '>=', since);
  return query
    .orderBy('initiated_at', (order) => order.desc().nullsLast())
    .orderBy('tenant')
    .orderBy('call_sid')
    .limit(last)
    .execute();
}

/** How many calls have a row. */
export async function countCalls(db: Kysely<CallStoreSchema>): Promise<number> {
  const { count } = await db
    .selectFrom('call_sessions')
    .select(sql<number>`count(*)::double precision`.as('count'))
    .executeTakeFirstOrThrow();
  return count;
}

const KEYS_PER_PAGE = 1_000;

/** The key of every call that has a row or an archived event, in their order, read page by page. */
export async function* callKeys(db: Kysely<CallStoreSchema>): AsyncGenerator<CallKey> {
  let after: CallKey = { tenant: '', callSid: '' };
  for (;;) {
    const page = await readKeysAfter(db, after);
    yield* page;
    const last = page.at(-1);
    if (last === undefined) return;
    after = last;
  }
}

async function readKeysAfter(db: Kysely<CallStoreSchema>, { tenant, callSid }: CallKey): Promise<CallKey[]> {
  const keysOf = (table: 'call_sessions' | 'call_event_segments') => sql`
    (select distinct tenant, call_sid from ${sql.table(table)}
     where (tenant, call_sid) > (${tenant}, ${callSid}) order by tenant, call_sid limit ${sql.lit(KEYS_PER_PAGE)})`;
  const { rows } = await sql<CallKey>`
    select tenant, call_sid as "callSid" from (
      ${keysOf('call_sessions')} union ${keysOf('call_event_segments')}
    ) as key order by tenant, call_sid limit ${sql.lit(KEYS_PER_PAGE)}`.execute(db);
  return rows;
}
