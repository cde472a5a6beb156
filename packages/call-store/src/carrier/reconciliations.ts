import { type CallKey } from '@turnlog/call-events';
import { sql, type Kysely } from 'kysely';
import { type StoredCall } from '../schema/call-store-schema.ts';
import { milliseconds } from './milliseconds.ts';

/** A call to ask the carrier about. Ages are by the clock of the database. */
export interface DueCall {
  readonly call: CallKey;
  /** The number of answers since the call ended. */
  readonly checks: number;
  /** Consecutive questions without an answer. */
  readonly failures: number;
  /** A digest of the last answer, to recognize it. */
  readonly answer: string | null;
  /** The contents of its row. */
  readonly status: StoredCall['status'];
  /** `null` while it is in progress. */
  readonly endedMsAgo: number | null;
  readonly ageMs: number;
  /** Since its row was last written. */
  readonly quietMs: number;
}

/** The next state of a call on the list. */
export interface ReconciliationState {
  /** `due` again, or a final state: settled, unknown to the carrier, or never complete. */
  readonly state: 'due' | 'settled' | 'unknown' | 'incomplete';
  readonly dueInMs: number;
  readonly checks: number;
  readonly failures: number;
  /** Why the last question had no answer. Never contains data of the call. */
  readonly problem?: string;
  /** A digest of the answer. Without one the last digest stays. */
  readonly answer?: string;
}

/** Which calls to add to the list: those whose row was created within `maxAgeMs`. */
export interface Enrolment {
  readonly maxAgeMs: number;
  readonly firstCheckMs: number;
}

/** How much to claim, and for how long other replicas do not get it. */
export interface Claim {
  readonly limit: number;
  readonly leaseMs: number;
}

const ENROLLED_AT_ONCE = 1_000;

/** Adds calls that are not on the list; returns how many are new. */
export async function enrolCalls(
  db: Kysely<unknown>,
  tenant: string,
  { maxAgeMs, firstCheckMs }: Enrolment,
): Promise<number> {
  for (let enrolled = 0; ;) {
    const { numAffectedRows = 0n } = await sql`
      insert into call_reconciliations (tenant, call_sid, due_at)
      select call.tenant, call.call_sid, coalesce(call.ended_at, call.created_at) + ${milliseconds(firstCheckMs)}
      from call_sessions as call
      where call.tenant = ${tenant} and call.created_at >= now() - ${milliseconds(maxAgeMs)}
        and not exists (
          select from call_reconciliations as known
          where known.tenant = call.tenant and known.call_sid = call.call_sid
        )
      order by call.created_at limit ${sql.lit(ENROLLED_AT_ONCE)}
      on conflict (tenant, call_sid) do nothing`.execute(db);
    enrolled += Number(numAffectedRows);
    if (numAffectedRows < ENROLLED_AT_ONCE) return enrolled;
  }
}

/**
 * Claims due calls by making them due again later: a replica that dies delays them and loses none. Concurrent
 * replicas skip each other's calls.
 */
export async function claimDueCalls(
  db: Kysely<unknown>,
  tenant: string,
  { limit, leaseMs }: Claim,
): Promise<DueCall[]> {
  const { rows } = await sql<Omit<DueCall, 'call'> & Pick<CallKey, 'callSid'>>`
    with claimed as (
      update call_reconciliations as list set due_at = now() + ${milliseconds(leaseMs)}
      from (
        select tenant, call_sid from call_reconciliations
        where tenant = ${tenant} and state = 'due' and due_at <= now()
        order by due_at limit ${limit} for update skip locked
      ) as due
      where list.tenant = due.tenant and list.call_sid = due.call_sid
      returning list.tenant, list.call_sid, list.checks, list.failures, list.answer
    )
    select call_sid as "callSid", checks, failures, answer, call.status,
      (extract(epoch from now() - call.ended_at) * 1000)::double precision as "endedMsAgo",
      (extract(epoch from now() - call.created_at) * 1000)::double precision as "ageMs",
      (extract(epoch from now() - call.persisted_at) * 1000)::double precision as "quietMs"
    from claimed join call_sessions as call using (tenant, call_sid)`.execute(db);
  return rows.map(({ callSid, ...due }) => ({ ...due, call: { tenant, callSid } }));
}

export async function saveReconciliation(
  db: Kysely<unknown>,
  { tenant, callSid }: CallKey,
  { state, dueInMs, checks, failures, problem, answer }: ReconciliationState,
): Promise<void> {
  await sql`
    update call_reconciliations
    set state = ${state}, due_at = now() + ${milliseconds(dueInMs)}, checks = ${checks}, failures = ${failures},
      problem = ${problem ?? null}, answer = coalesce(${answer ?? null}, answer)
    where tenant = ${tenant} and call_sid = ${callSid}`.execute(db);
}

/** How many calls are due now, without claimed ones. */
export async function countDueCalls(db: Kysely<unknown>, tenant: string): Promise<number> {
  const { rows } = await sql<{ due: number }>`
    select count(*)::integer as due from call_reconciliations
    where tenant = ${tenant} and state = 'due' and due_at <= now()`.execute(db);
  return rows[0]?.due ?? 0;
}
