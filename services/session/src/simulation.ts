/* What the deterministic simulation runs of this service: its decisions, without its connections. */
export { toSessionFields } from './domain/session-fields.ts';
export { createStateCache, type StateCache } from './domain/state-cache.ts';
export { transcriptHistoryFrom } from './domain/transcript-history.ts';
export { createActivityFold, type FoldActivityOptions } from './fold-activity.ts';
export { type FoldObserver } from './fold-call.ts';
export { createSweep, type SweepOptions, type SweepResult } from './sweep.ts';
