import { type CallKey } from '@turnlog/call-events';
import { Kysely, PostgresDialect } from 'kysely';
import { kyselyPool } from '../connection/kysely-pool.ts';
import { createPool, type DatabaseOptions } from '../connection/pool.ts';
import { assertMigrated } from '../schema/schema-version.ts';
import {
  claimPlacements,
  readPlacement,
  recordPlacement,
  savePlacement,
  takenCallSids,
  type NewPlacement,
  type PlacementState,
} from './placements.ts';
import {
  claimDueCalls,
  countDueCalls,
  enrolCalls,
  saveReconciliation,
  type Claim,
  type Enrolment,
  type ReconciliationState,
} from './reconciliations.ts';
import { blockRequests, takeRequest, type RequestLimit } from './request-budget.ts';

/**
 * The pending questions to the carrier, in Postgres, shared by any number of replicas; see the functions of
 * the same names. Every method rejects with the driver's error.
 */
export type CarrierStore = ReturnType<typeof createCarrierStore>;

/** Opens the lists. It connects with the first query. */
export function createCarrierStore(options: DatabaseOptions) {
  const pool = createPool(options);
  const db = new Kysely<unknown>({ dialect: new PostgresDialect({ pool: kyselyPool(pool) }) });
  let closed: Promise<void> | undefined;
  return {
    enrolCalls: (tenant: string, enrolment: Enrolment) => enrolCalls(db, tenant, enrolment),
    claimDueCalls: (tenant: string, claim: Claim) => claimDueCalls(db, tenant, claim),
    saveReconciliation: (call: CallKey, state: ReconciliationState) => saveReconciliation(db, call, state),
    countDueCalls: (tenant: string) => countDueCalls(db, tenant),
    recordPlacement: (placement: NewPlacement) => recordPlacement(db, placement),
    savePlacement: (reference: string, state: PlacementState) => savePlacement(db, reference, state),
    claimPlacements: (tenant: string, claim: Claim) => claimPlacements(db, tenant, claim),
    readPlacement: (reference: string) => readPlacement(db, reference),
    takenCallSids: (tenant: string, callSids: readonly string[]) => takenCallSids(db, tenant, callSids),
    takeRequest: (account: string, limit: RequestLimit) => takeRequest(db, account, limit),
    blockRequests: (account: string, ms: number) => blockRequests(db, account, ms),
    assertMigrated: () => assertMigrated(db),
    close: () => (closed ??= pool.end()),
  };
}
