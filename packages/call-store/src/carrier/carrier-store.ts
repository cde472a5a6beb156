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
  type DuePlacement,
  type NewPlacement,
  type PlacementState,
  type StoredPlacement,
} from './placements.ts';
import {
  claimDueCalls,
  countDueCalls,
  enrolCalls,
  saveReconciliation,
  type DueCall,
  type ReconciliationState,
} from './reconciliations.ts';
import { blockRequests, takeRequest, type RequestLimit } from './request-budget.ts';

/**
 * The pending questions to the carrier, in Postgres, shared by any number of replicas. Every method rejects
 * with the driver's error.
 */
export interface CarrierStore {
  /** Adds calls whose row was created within the last `maxAgeMs`; returns how many are new. */
  enrolCalls(
    tenant: string,
    options: { readonly maxAgeMs: number; readonly firstCheckMs: number },
  ): Promise<number>;
  /** Claims due calls; other replicas do not get them for `leaseMs`. */
  claimDueCalls(
    tenant: string,
    options: { readonly limit: number; readonly leaseMs: number },
  ): Promise<DueCall[]>;
  saveReconciliation(call: CallKey, state: ReconciliationState): Promise<void>;
  countDueCalls(tenant: string): Promise<number>;

  /** Records a placement before the call is dialled. */
  recordPlacement(placement: NewPlacement): Promise<void>;
  savePlacement(reference: string, state: PlacementState): Promise<void>;
  claimPlacements(
    tenant: string,
    options: { readonly limit: number; readonly leaseMs: number },
  ): Promise<DuePlacement[]>;
  readPlacement(reference: string): Promise<StoredPlacement | undefined>;
  /** The calls among these that came from a known placement. */
  takenCallSids(tenant: string, callSids: readonly string[]): Promise<Set<string>>;

  /** Takes one request out of the account's shared budget: 0, or the ms after which to ask again. */
  takeRequest(account: string, limit: RequestLimit): Promise<number>;
  /** Stops all requests of this account for this time. */
  blockRequests(account: string, ms: number): Promise<void>;

  assertMigrated(): Promise<void>;
  close(): Promise<void>;
}

/** Opens the lists. It connects with the first query. */
export function createCarrierStore(options: DatabaseOptions): CarrierStore {
  const pool = createPool(options);
  const db = new Kysely<unknown>({ dialect: new PostgresDialect({ pool: kyselyPool(pool) }) });
  let closed: Promise<void> | undefined;
  return {
    enrolCalls: (tenant, limits) => enrolCalls(db, tenant, limits),
    claimDueCalls: (tenant, limits) => claimDueCalls(db, tenant, limits),
    saveReconciliation: (call, state) => saveReconciliation(db, call, state),
    countDueCalls: (tenant) => countDueCalls(db, tenant),
    recordPlacement: (placement) => recordPlacement(db, placement),
    savePlacement: (reference, state) => savePlacement(db, reference, state),
    claimPlacements: (tenant, limits) => claimPlacements(db, tenant, limits),
    readPlacement: (reference) => readPlacement(db, reference),
    takenCallSids: (tenant, callSids) => takenCallSids(db, tenant, callSids),
    takeRequest: (account, limit) => takeRequest(db, account, limit),
    blockRequests: (account, ms) => blockRequests(db, account, ms),
    assertMigrated: () => assertMigrated(db),
    close: () => (closed ??= pool.end()),
  };
}
