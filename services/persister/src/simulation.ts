/* What the deterministic simulation runs of this service: its decisions, without its connections. */
export { createSuspects } from './domain/suspects.ts';
export { createCallPersister, type PersistCallsOptions } from './persist-calls.ts';
export { type PersistReport } from './report/persist-report.ts';
export { createCallWriter, type CallTables } from './store/call-writer.ts';
export { createDatabaseWatch } from './store/database-watch.ts';
