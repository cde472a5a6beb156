import { type CallKey } from '@turnlog/call-events';
import { eventOf, type AnyEventData } from '@turnlog/call-events/testing';
import {
  allPartitions,
  callKeys,
  createAppender,
  toNewEvent,
  createPageReader,
  createSessionSaver,
  partitionKeys,
  publishChange,
  readSession,
  type AppendRequest,
  type FeedEntry,
  type KeySpace,
  type SessionSave,
} from '@turnlog/call-log';
import { createCommandClient, untilReady } from '@turnlog/redis-kit';
import { testKeyPrefix, testRedisUrl } from '@turnlog/test-kit';
import { type Redis } from 'ioredis';
import { StateCache, type CacheLimits } from './domain/state-cache.ts';
import { ActivityFold } from './live-state/fold-activity.ts';
import { type FoldObserver } from './live-state/fold-call.ts';

export { callOf, ended, started, turn, type AnyEventData } from '@turnlog/call-events/testing';

/** A key space of the test's own, with the means to append to it and to look at it. */
export async function openTestSpace({ url = testRedisUrl(), prefix = testKeyPrefix(), partitions = 2 } = {}) {
  const redis = createCommandClient({ url, name: 'test', onError: () => undefined });
  await untilReady(redis);
  const space: KeySpace = { prefix, partitions };
  const appender = createAppender(redis, space, { maxEvents: 100_000 });
  const append = async (call: CallKey, ...data: readonly AnyEventData[]) => {
    const events = data.map((each) => toNewEvent(eventOf(each, { call }), { rememberId: true }));
    await appender.append({ call, mode: 'unordered', events } satisfies AppendRequest);
  };
  return {
    redis,
    space,
    append,
    appender,
    session: (call: CallKey) => readSession(redis, space, call),
    transcript: async (call: CallKey) =>
      ((await readSession(redis, space, call))?.turns ?? []).map((text) => (JSON.parse(text) as Spoken).text),
    keysOf: (call: CallKey) => callKeys(space, call),
    feed: (feed: 'activity' | 'persist') => readFeed(redis, space, feed),
    close: () => redis.disconnect(),
  };
}

interface Spoken {
  readonly text: string;
}

/** An opened test space. */
export type TestSpace = Awaited<ReturnType<typeof openTestSpace>>;

const CACHE: CacheLimits = {
  ...{ maxCalls: 100, maxMemoryBytes: 10_000_000, maxIdleMs: 60_000 },
  now: () => performance.now(),
};

/** A worker that folds entries and records what it reported. Its saves can be delayed. */
export function createTestWorker(
  { redis, space }: TestSpace,
  {
    limits = {},
    maxCallMemoryBytes = 10_000_000,
    beforeSave = () => Promise.resolve(),
  }: {
    limits?: Partial<CacheLimits>;
    maxCallMemoryBytes?: number;
    beforeSave?: (save: SessionSave) => Promise<void>;
  } = {},
) {
  const cache = new StateCache({ ...CACHE, ...limits });
  const told: Told = { folded: 0, outcomes: [], undecodable: [], failed: [], tooLarge: [], unpublished: 0 };
  const saveState = createSessionSaver(redis, space, 30_000);
  const activity = new ActivityFold({
    readPages: createPageReader(redis, space),
    publish: (change) => publishChange(redis, space, change),
    cache,
    save: async (save) => {
      await beforeSave(save);
      return saveState(save);
    },
    observer: observerOf(told),
    maxCallMemoryBytes,
  });
  const fold = async (entries: readonly FeedEntry[]): Promise<void> => {
    await activity.handle(entries);
    await activity.settled();
  };
  return { cache, told, activity, fold };
}

interface Told {
  folded: number;
  outcomes: string[];
  undecodable: { seq: number; code: string }[];
  failed: string[];
  tooLarge: string[];
  unpublished: number;
}

function observerOf(told: Told): FoldObserver {
  return {
    onFolded: (events) => (told.folded += events),
    onSaved: (outcome) => told.outcomes.push(outcome),
    onUndecodable: (_call, seq, { code }) => told.undecodable.push({ seq, code }),
    onCallFailed: ({ callSid }) => told.failed.push(callSid),
    onCallTooLarge: ({ callSid }) => told.tooLarge.push(callSid),
    onUnpublished: () => (told.unpublished += 1),
  };
}

/** What lies in a feed, over all partitions. */
async function readFeed(redis: Redis, space: KeySpace, feed: 'activity' | 'persist'): Promise<FeedEntry[]> {
  const lists = await Promise.all(
    allPartitions(space).map(async (partition) => {
      const entries = await redis.xrange(partitionKeys(space, partition)[feed], '-', '+');
      return entries.map(([id, fields]) => toFeedEntry(partition, id, fields));
    }),
  );
  return lists.flat();
}

function toFeedEntry(partition: number, id: string, [, member = '', , seq, , reason]: string[]): FeedEntry {
  const [tenant = '', callSid = ''] = member.split('/');
  return { partition, id, call: { tenant, callSid }, seq: Number(seq), reason: reason ?? '' };
}
