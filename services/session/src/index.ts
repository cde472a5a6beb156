export { createActivityFold } from './fold-activity.ts';
export { createStateCache, type StateCache } from './domain/state-cache.ts';
export { createSweep } from './sweep.ts';
export { type FoldObserver } from './fold-call.ts';
export { toSessionFields } from './domain/session-fields.ts';
export { transcriptHistoryFrom } from './domain/transcript-history.ts';
