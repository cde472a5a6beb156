export { createCallPersister } from './persist/persist-calls.ts';
export { createCallWriter } from './store/call-writer.ts';
export { createDatabaseWatch } from './store/database-watch.ts';
export { createSuspects } from './domain/suspects.ts';
export { type PersistReport } from './report/persist-report.ts';
