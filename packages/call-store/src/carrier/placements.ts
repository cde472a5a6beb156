import { sql, type Kysely } from 'kysely';
import { milliseconds } from './milliseconds.ts';
import { type Claim } from './reconciliations.ts';

/** A call that is about to be dialled. */
export interface NewPlacement {
  /** Unique; the carrier receives it as CustomField. */
  readonly reference: string;
  readonly tenant: string;
  readonly dialled: string;
  readonly callerId: string;
  /** When to look for the call, if no answer came by then. */
  readonly dueInMs: number;
}

/**
 * What is known of a placement. The numbers are kept only while the call may exist and was not found: the
 * other states delete them.
 */
export type PlacementState =
  | { readonly state: 'placed' | 'found'; readonly callSid: string }
  | { readonly state: 'refused' | 'not_found' | 'ambiguous'; readonly problem: string }
  | {
      readonly state: 'may_exist';
      readonly problem: string;
      readonly dueInMs: number;
      readonly checks: number;
    };

/** The current state of a placement. */
export interface StoredPlacement {
  readonly reference: string;
  readonly state: 'requested' | PlacementState['state'];
  readonly callSid: string | null;
  readonly problem: string | null;
  readonly requestedAt: Date;
}

/** A placement whose outcome is unknown. */
export interface DuePlacement {
  readonly reference: string;
  readonly dialled: string;
  readonly callerId: string;
  readonly checks: number;
  readonly requestedAt: Date;
  readonly ageMs: number;
}

/** Records a placement before the call is dialled. */
export async function recordPlacement(db: Kysely<unknown>, placement: NewPlacement): Promise<void> {
  const { reference, tenant, dialled, callerId, dueInMs } = placement;
  await sql`
    insert into call_placements (reference, tenant, dialled, caller_id, due_at)
    values (${reference}, ${tenant}, ${dialled}, ${callerId}, now() + ${milliseconds(dueInMs)})`.execute(db);
}

export async function savePlacement(
  db: Kysely<unknown>,
  reference: string,
  state: PlacementState,
): Promise<void> {
  if (state.state === 'may_exist') {
    await sql`
      update call_placements
      set state = 'may_exist', problem = ${state.problem}, checks = ${state.checks},
        due_at = now() + ${milliseconds(state.dueInMs)}
      where reference = ${reference} and state in ('requested', 'may_exist')`.execute(db);
    return;
  }
  const callSid = 'callSid' in state ? state.callSid : null;
  const problem = 'problem' in state ? state.problem : null;
  // The first replica that found the call is right; a later "not found" is not.
  await sql`
    update call_placements
    set state = ${state.state}, call_sid = ${callSid}, problem = ${problem}, dialled = null, caller_id = null
    where reference = ${reference} and state not in ('placed', 'found')`.execute(db);
}

/** Claims due placements, as `claimDueCalls` claims calls. */
export async function claimPlacements(
  db: Kysely<unknown>,
  tenant: string,
  { limit, leaseMs }: Claim,
): Promise<DuePlacement[]> {
  const { rows } = await sql<DuePlacement>`
    update call_placements as list set due_at = now() + ${milliseconds(leaseMs)}
    from (
      select reference from call_placements
      where tenant = ${tenant} and state in ('requested', 'may_exist') and due_at <= now()
      order by due_at limit ${limit} for update skip locked
    ) as due
    where list.reference = due.reference
    returning list.reference, list.dialled, list.caller_id as "callerId", list.checks,
      list.requested_at as "requestedAt",
      (extract(epoch from now() - list.requested_at) * 1000)::double precision as "ageMs"`.execute(db);
  return rows;
}

/** The calls among these that came from a known placement. */
export async function takenCallSids(
  db: Kysely<unknown>,
  tenant: string,
  callSids: readonly string[],
): Promise<Set<string>> {
  const { rows } = await sql<{ call_sid: string }>`
    select call_sid from call_placements
    where tenant = ${tenant} and call_sid = any(${[...callSids]}::text[])`.execute(db);
  return new Set(rows.map(({ call_sid }) => call_sid));
}

export async function readPlacement(
  db: Kysely<unknown>,
  reference: string,
): Promise<StoredPlacement | undefined> {
  const { rows } = await sql<StoredPlacement>`
    select reference, state, call_sid as "callSid", problem, requested_at as "requestedAt"
    from call_placements where reference = ${reference}`.execute(db);
  return rows[0];
}
