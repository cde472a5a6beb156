import { sql, type Kysely } from 'kysely';
import { milliseconds } from './milliseconds.ts';

/** How many requests an account may make. */
export interface RequestLimit {
  readonly perMinute: number;
  /** The most requests at once after a pause. */
  readonly burst: number;
}

/**
 * Takes one request out of an account's token bucket, in one statement, so that any number of replicas share
 * it. Returns 0, or the ms until the next one.
 */
export async function takeRequest(
  db: Kysely<unknown>,
  account: string,
  { perMinute, burst }: RequestLimit,
): Promise<number> {
  const perMs = perMinute / 60_000;
  const elapsedMs = sql`greatest(0, extract(epoch from clock_timestamp() - budget.refilled_at) * 1000)`;
  const refilled = sql`least(${burst}::double precision, budget.requests + ${elapsedMs} * ${perMs}::double precision)`;
  const taken = await sql`
    insert into carrier_request_budgets as budget (account, requests, refilled_at)
    values (${account}, ${burst - 1}, clock_timestamp())
    on conflict (account) do update set requests = ${refilled} - 1, refilled_at = clock_timestamp()
    where coalesce(budget.blocked_until, '-infinity') <= clock_timestamp() and ${refilled} >= 1
    returning 1`.execute(db);
  if (taken.rows.length > 0) return 0;
  const { rows } = await sql<{ wait_ms: number }>`
    select greatest(
      extract(epoch from budget.blocked_until - clock_timestamp()) * 1000,
      (1 - ${refilled}) / ${perMs}::double precision,
      1
    )::double precision as wait_ms
    from carrier_request_budgets as budget where account = ${account}`.execute(db);
  return Math.ceil(rows[0]?.wait_ms ?? 1);
}

/** Stops all requests of this account for this time, without saving any up. */
export async function blockRequests(db: Kysely<unknown>, account: string, ms: number): Promise<void> {
  await sql`
    insert into carrier_request_budgets as budget (account, requests, refilled_at, blocked_until)
    values (${account}, 0, clock_timestamp(), clock_timestamp() + ${milliseconds(ms)})
    on conflict (account) do update set
      requests = 0, refilled_at = excluded.refilled_at,
      blocked_until = greatest(budget.blocked_until, excluded.blocked_until)`.execute(db);
}
