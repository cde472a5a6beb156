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
 * What is still to be asked of the carrier, in Postgres: any number of replicas work on it. Every method rejects with
 * the driver's error when the database does.
 */
export interface CarrierStore {
  /** Puts calls whose row was made within the last `maxAgeMs` on the list; returns how many were not on it. */
  enrolCalls(
    tenant: string,
    options: { readonly maxAgeMs: number; readonly firstCheckMs: number },
  ): Promise<number>;
  /** Takes calls that are due; nobody else gets them for `leaseMs`. */
  claimDueCalls(
    tenant: string,
    options: { readonly limit: number; readonly leaseMs: number },
  ): Promise<DueCall[]>;
  saveReconciliation(call: CallKey, state: ReconciliationState): Promise<void>;
  countDueCalls(tenant: string): Promise<number>;

  /** Notes that a call is about to be placed, before it is. */
  recordPlacement(placement: NewPlacement): Promise<void>;
  savePlacement(reference: string, state: PlacementState): Promise<void>;
  claimPlacements(
    tenant: string,
    options: { readonly limit: number; readonly leaseMs: number },
  ): Promise<DuePlacement[]>;
  readPlacement(reference: string): Promise<StoredPlacement | undefined>;
  /** Those of some calls that a placement is known to have made. */
  takenCallSids(tenant: string, callSids: readonly string[]): Promise<Set<string>>;

  /** Takes one request out of the account's budget, which all replicas share: 0, or the ms after which to ask again. */
  takeRequest(account: string, limit: RequestLimit): Promise<number>;
  /** Nobody makes requests of this account for so long. */
  blockRequests(account: string, ms: number): Promise<void>;

  assertMigrated(): Promise<void>;
  close(): Promise<void>;
}

/** Opens the lists. It connects with the first query, not before. */
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
