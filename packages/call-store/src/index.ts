export {
  classifyDatabaseError,
  describeDatabaseError,
  type DatabaseErrorKind,
} from './connection/database-error.ts';
export { type DatabaseOptions, type PoolStats, type StoreLogger } from './connection/pool.ts';
export { createCallStore, type CallStore } from './call-store.ts';
export { CallStoreError, type CallStoreErrorCode } from './errors.ts';
export { type CallPrivacy } from './privacy/call-privacy.ts';
export { type ErasedCall } from './privacy/erase-call.ts';
export { type Erasure } from './privacy/erasure-ledger.ts';
export { type KnownCall } from './privacy/known-tenants.ts';
export { type LegalHold } from './privacy/legal-holds.ts';
export { type Placement } from './privacy/placements.ts';
export { type RetentionStep } from './privacy/retention.ts';
export { type StoredText, type TextFilter } from './privacy/stored-texts.ts';
export { type ArchiveClaim } from './read/find-missing.ts';
export { type CallFilter, type CallSummary } from './read/list-calls.ts';
export {
  type CallEventSegmentsTable,
  type CallSessionsTable,
  type CallStoreSchema,
  type CallTurnsView,
  type StoredCall,
  type TenantsTable,
} from './schema/call-store-schema.ts';
export { migrate, type MigrateOptions, type MigrateResult } from './schema/migrate.ts';
export { type TenantStore } from './tenants/tenant-store.ts';
export { type CallDifference } from './verify/compare-call.ts';
export { type VerifyResult } from './verify/verify-call.ts';
export { type CallSegment, type EventSegment } from './write/archive-segments.ts';
export { jsonArray } from './write/json-array.ts';
export { toRow, type CallRow } from './write/call-row.ts';
export { callOfRow, type CallWrite } from './write/call-write.ts';
export { type CallMerge, type MergeResult } from './write/merge-call.ts';
export { type WriteOutcome } from './write/write-calls.ts';
export { type WriteOptions } from './write/write-timeout.ts';
export { STATEMENT_TIMEOUT_MS } from './connection/pool.ts';
export { createCarrierStore, type CarrierStore } from './carrier/carrier-store.ts';
export {
  type DuePlacement,
  type NewPlacement,
  type PlacementState,
  type StoredPlacement,
} from './carrier/placements.ts';
export { type DueCall, type ReconciliationState } from './carrier/reconciliations.ts';
export { type RequestLimit } from './carrier/request-budget.ts';
