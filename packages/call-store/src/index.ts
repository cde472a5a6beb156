export {
  classifyDatabaseError,
  describeDatabaseError,
  type DatabaseErrorKind,
} from './connection/database-error.ts';
export { STATEMENT_TIMEOUT_MS, type DatabaseOptions } from './connection/pool.ts';
export { createCallStore, type CallStore } from './call-store.ts';
export { createCarrierStore, type CarrierStore } from './carrier/carrier-store.ts';
export { type DuePlacement } from './carrier/placements.ts';
export { type DueCall, type ReconciliationState } from './carrier/reconciliations.ts';
export { type RequestLimit } from './carrier/request-budget.ts';
export { CallStoreError } from './errors.ts';
export { type Erasure } from './privacy/erasure-ledger.ts';
export { type LegalHold } from './privacy/legal-holds.ts';
export { type RetentionStep } from './privacy/retention.ts';
export { type StoredText, type TextFilter } from './privacy/stored-texts.ts';
export { type CallSummary } from './read/list-calls.ts';
export { type OlderFold } from './read/older-folds.ts';
export { type StoredCall } from './schema/call-store-schema.ts';
export { migrate } from './schema/migrate.ts';
export { type TenantStore } from './tenants/tenant-store.ts';
export { type CallDifference } from './verify/compare-call.ts';
export { type CallSegment, type EventSegment } from './write/archive-segments.ts';
export { toRow, type CallRow } from './write/call-row.ts';
export { callOfRow, type CallWrite } from './write/call-write.ts';
export { jsonArray } from './write/json-array.ts';
export { type CallMerge, type MergeResult } from './write/merge-call.ts';
export { type WriteOutcome } from './write/write-calls.ts';
export { type WriteOptions } from './write/write-timeout.ts';
