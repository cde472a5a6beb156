import { PassThrough } from 'node:stream';
import { callId, type CallKey } from '@turnlog/call-events';
import * as events from '@turnlog/call-events/testing';
import {
  allPartitions,
  callKeys,
  createAppender,
  DeadLetters,
  partitionKeys,
  partitionOf,
  toNewEvent,
  type KeySpace,
} from '@turnlog/call-log';
import { createBlockingClient, createCommandClient, untilReady } from '@turnlog/redis-kit';
import { createCallStore, migrate, type CallStore } from '@turnlog/call-store';
import { createLogger, Metrics } from '@turnlog/service-kit';
import {
  captureLines,
  createTestDatabase,
  testKeyPrefix,
  testRedisUrl,
  waitUntil,
  type TestDatabase,
} from '@turnlog/test-kit';
import pg from 'pg';
import { BLOCK_MS, persistFeed, type PersistFeedOptions } from './persist/persist-feed.ts';
import { PersistReport } from './report/persist-report.ts';
import { DatabaseWatch } from './store/database-watch.ts';

export { callOf, turn } from '@turnlog/call-events/testing';

/** An empty database with the schema in it. */
export function createMigratedDatabase(): Promise<TestDatabase> {
  return createTestDatabase({ migrate: (databaseUrl) => migrate({ databaseUrl }) });
}

/** One system to persist in: a key space of its own, a database, and as many persisters as a test starts. */
export async function openTestSystem(databaseUrl: string, { partitions = 2 } = {}) {
  const space: KeySpace = { prefix: testKeyPrefix(), partitions };
  const onError = () => undefined;
  const redis = createCommandClient({ url: testRedisUrl(), name: 'test', onError });
  await untilReady(redis);
  const store = createCallStore({ databaseUrl, maxConnections: 2 });
  const closing: (() => unknown)[] = [() => redis.disconnect(), () => store.close()];
  const feedLength = async (): Promise<number> => {
    const keys = allPartitions(space).map((partition) => partitionKeys(space, partition).persist);
    const lengths = await Promise.all(keys.map((key) => redis.xlen(key)));
    return lengths.reduce((sum, length) => sum + length, 0);
  };

  return {
    space,
    redis,
    store,
    appender: createAppender(redis, space, { maxEvents: 10_000 }),
    letters: new DeadLetters(redis, space),

    query: async <Row extends object>(statement: string, values: unknown[] = []): Promise<Row[]> => {
      const client = new pg.Client({ connectionString: databaseUrl });
      await client.connect();
      try {
        return (await client.query<Row>(statement, values)).rows;
      } finally {
        await client.end();
      }
    },

    /** Starts a persister; what is not given is as in production, but quicker to claim. */
    start: async (
      overrides: Partial<PersistFeedOptions> | ((store: CallStore) => Partial<PersistFeedOptions>) = {},
    ) => {
      const output = new PassThrough();
      const logger = createLogger({ service: 'persister', level: 'debug', destination: output });
      const metrics = new Metrics('persister');
      const report = new PersistReport(logger, metrics);
      const watch = new DatabaseWatch(logger, Date.now);
      const own = createCallStore({ databaseUrl, maxConnections: 2 });
      const commands = createCommandClient({ url: testRedisUrl(), name: 'persister', onError });
      const blocking = createBlockingClient({
        url: testRedisUrl(),
        name: 'persister',
        blockMs: BLOCK_MS,
        onError,
      });
      await Promise.all([untilReady(commands), untilReady(blocking)]);
      let beats = 0;
      const persister = persistFeed({
        commands,
        blocking,
        space,
        store: own,
        consumer: 'p1',
        batchCalls: 100,
        maxWrites: 2,
        keepKeysMs: 3_600_000,
        keepHeadMs: 0,
        claimIdleMs: 300,
        gatherLateMs: 0,
        maxRowBytes: 64 * 1024 * 1024,
        logger,
        report,
        watch,
        onBeat: () => (beats += 1),
        ...(typeof overrides === 'function' ? overrides(own) : overrides),
      });
      const stop = memoise(async () => {
        await persister.stop();
        commands.disconnect();
        await own.close();
      });
      closing.push(stop);
      return {
        stop,
        stuck: () => persister.stuck(),
        watch,
        report,
        log: captureLines(output),
        beats: () => beats,
        /** How many calls had this result. */
        counted: async (result: string): Promise<number> => {
          const line = (await metrics.text()).split('\n').find((each) => each.includes(`result="${result}"`));
          return Number(line?.split(' ').at(-1) ?? 0);
        },
      };
    },

    /** Resolves when nothing in the persist feed waits to be acknowledged. */
    settled: async (): Promise<void> => {
      await waitUntil(async () => (await feedLength()) === 0, {
        what: 'the feed is empty',
        timeoutMs: 20_000,
      });
    },
    feedLength,

    /** Milliseconds to live of each key of a call that there is; -1 for a key that stays. */
    timesToLive: async (call: CallKey): Promise<number[]> => {
      const { head, log, ids, session, turns } = callKeys(space, call);
      const keys = [head, log, ids, session, turns];
      const times = await Promise.all(keys.map((key) => redis.pttl(key)));
      return times.filter((ms) => ms !== -2);
    },

    /** Puts an entry into the persist feed, as the session service and the dead letters do. */
    ask: async (call: CallKey, seq: number, reason: string): Promise<void> => {
      const { persist } = partitionKeys(space, partitionOf(space, call));
      await redis.xadd(persist, '*', 'c', callId(call), 's', seq, 'r', reason);
    },

    close: async (): Promise<void> => {
      for (const close of closing.reverse()) await close();
    },
  };
}

/** One system of a test. */
export type TestSystem = Awaited<ReturnType<typeof openTestSystem>>;

export const started = events.started('c1');
export const ended = events.ended('c1');

/** A whole call: it starts, the caller says the texts, the budget is collected, it ends. */
export function wholeCall(...texts: string[]): events.AnyEventData[] {
  return [started, ...texts.map(events.turn), ['data.collected', { fields: { budget: 5_000_000 } }], ended];
}

/** Appends events of one connection, numbered from `firstSourceSeq` on; throws when any of them is not appended. */
export async function append(
  { appender }: TestSystem,
  call: CallKey,
  data: readonly events.AnyEventData[],
  firstSourceSeq = 1,
): Promise<void> {
  const added = data.map((each, index) => {
    const sourceSeq = firstSourceSeq + index;
    const atMs = events.T0 + sourceSeq * 1000;
    const event = events.eventOf(each, { call, source: 'c1', sourceSeq, atMs, id: `e${sourceSeq}` });
    return toNewEvent(event, { rememberId: false });
  });
  const outcome = await appender.append({ call, events: added, mode: 'ordered' });
  if (outcome.outcome !== 'ok') throw new Error(`append: ${outcome.outcome}`);
}

/** Appends one event that came over HTTP. */
export async function appendUnordered(
  { appender }: TestSystem,
  call: CallKey,
  id: string,
  data: events.AnyEventData,
): Promise<void> {
  const event = events.eventOf(data, { call, source: 'http:test', atMs: events.T0 + 60_000, id });
  await appender.append({ call, mode: 'unordered', events: [toNewEvent(event, { rememberId: true })] });
}

function memoise(action: () => Promise<void>): () => Promise<void> {
  let done: Promise<void> | undefined;
  return () => (done ??= action());
}
