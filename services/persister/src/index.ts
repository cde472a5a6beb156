export { CallPersister } from './persist/persist-calls.ts';
export { CallWriter } from './store/call-writer.ts';
export { DatabaseWatch } from './store/database-watch.ts';
export { Suspects } from './domain/suspects.ts';
export { type PersistObserver } from './report/persist-report.ts';
