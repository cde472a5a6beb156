/* What the deterministic simulation runs of this service: its decisions, without its connections. */
export { toSessionFields } from './domain/session-fields.ts';
export { createStateCache, type StateCache } from './domain/state-cache.ts';
export { transcriptHistoryFrom } from './domain/transcript-history.ts';
export { createActivityFold, type FoldActivityOptions, type FoldObserver } from './fold-activity.ts';
export { createSweep, type SweepOptions, type SweepResult } from './sweep.ts';
