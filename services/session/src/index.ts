export { ActivityFold } from './live-state/fold-activity.ts';
export { StateCache } from './domain/state-cache.ts';
export { Sweep } from './live-state/sweep.ts';
export { type FoldObserver } from './live-state/fold-call.ts';
export { toSessionFields } from './domain/session-fields.ts';
export { transcriptHistoryFrom } from './domain/transcript-history.ts';
