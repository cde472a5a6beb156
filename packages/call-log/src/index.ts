export {
  DEFAULT_KEY_SPACE,
  allPartitions,
  callKeys,
  partitionKeys,
  partitionOf,
  type FeedName,
  type KeySpace,
  type PartitionKeys,
} from './keys.ts';

export { createAppender, type Appender } from './append/appender.ts';
export { NO_LIMITS, type AppendLimits, type AppendRequest } from './append/append-request.ts';
export { DEFAULT_MAX_CALL_BYTES } from './append/append-runs.ts';
export { changeOf, toNewEvent, type NewEvent } from './append/new-event.ts';
export { findBarrier, tryWrite, UnkeepableDurabilityError, type Durability } from './append/durability.ts';

export { type AppendOutcome, type AppendResult, type RefusalReason } from './append/append-result.ts';
export { isFaultOfTheCall } from './read/is-fault-of-the-call.ts';
export { JoinedLog, lastReadSeq, type CallLog, type LogPage } from './read/call-log.ts';
export { readCallLogs, type ReadCallLogs } from './read/call-reader.ts';
export {
  createPageReader,
  followLog,
  type LogRequest,
  type PageLimits,
  type ReadLogPages,
} from './read/page-reader.ts';
export { JoinedEntries, type LogEntry } from './read/joined-entries.ts';
export { type FeedEntry } from './feed/feed-entry.ts';
export {
  consumeFeed,
  startFeedConsumer,
  type FeedConsumer,
  type FeedHandling,
} from './feed/feed-consumer.ts';
export { BrokenPartitions } from './feed/broken-partitions.ts';
export { watchPartitions } from './feed/partition-watch.ts';
export { ReplicaWatch } from './feed/replica-watch.ts';
export { groupOf, type FeedBatch, type FeedReader } from './feed/feed-reader.ts';
export { createTrials, type Trials } from './feed/trials.ts';
export { createLagMeter, measureFeedLag, type FeedLag } from './feed/feed-lag.ts';
export { createCallEraser, type CallEraser } from './erase/call-eraser.ts';
export { createCallReleaser, type CallReleaser } from './release/call-releaser.ts';
export {
  createPersistedCalls,
  type AskedAgain,
  type PersistedCalls,
  type PersistedClaim,
} from './persisted/persisted-calls.ts';
export { createCommitter, type CommittedCall } from './commit/commit-calls.ts';
export { LiveCalls, type LostCall } from './live/live-calls.ts';
export {
  createSessionSaver,
  readSession,
  type SessionSave,
  type SessionSaved,
} from './state/session-state.ts';
export { publishChange, subscribeToChanges, type CallChange } from './state/changes.ts';
export {
  DeadLetters,
  type DeadLetter,
  type LogPointer,
  type StoredDeadLetter,
} from './dead-letters/dead-letters.ts';
export { removeOldLetters } from './dead-letters/old-letters.ts';
export {
  AudioStreams,
  type AppendedAudio,
  type AudioBatch,
  type AudioFate,
  type AudioLimits,
  type AudioTrack,
  type CallAudio,
} from './audio/audio-stream.ts';
