import { mkdtemp, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import type { CallKey, EventData, KnownEvent } from '@turnlog/call-events';
import { createAppender, toNewEvent, type KeySpace } from '@turnlog/call-log';
import { createCommandClient, untilReady } from '@turnlog/redis-kit';
import { createCallStore, migrate, type CallStore } from '@turnlog/call-store';
import { createTestDatabase, testKeyPrefix, testRedisUrl } from '@turnlog/test-kit';
import type { Redis } from 'ioredis';
import pg from 'pg';
import { eventOf, terminalWith, writeCall, type Ran } from './cli.test-support.ts';

/** The number that the tests erase. */
export const PHONE = '+919876543210';

/** The output of `turnlog erase --json`. */
export interface Report {
  readonly erased: readonly CallKey[];
  readonly ambiguous: readonly CallKey[];
  readonly held: readonly CallKey[];
  readonly live: readonly CallKey[];
}

/** A Redis, a Postgres and a folder to erase from. */
export interface ErasureBench {
  readonly store: CallStore;
  readonly databaseUrl: string;
  readonly redis: Redis;
  readonly client: pg.Client;
  readonly folder: string;
  /** Of the running test. */
  space: KeySpace;
  environment(): Record<string, string>;
  turnlog(...args: readonly string[]): Promise<Ran>;
  erase(...args: readonly string[]): Promise<Report & { readonly code: number }>;
  /** Writes a call as the persister does. */
  persisted(callSid: string, ...events: readonly KnownEvent[]): Promise<void>;
  append(call: CallKey, events: readonly KnownEvent[]): Promise<void>;
  /** The calls with any data in Postgres. */
  sidsIn(): Promise<string[]>;
  /** Empties Postgres, and switches to new keys in Redis. */
  reset(): Promise<void>;
  close(): Promise<void>;
}

/** Opens what a test of erasures needs. */
export async function openErasureBench(): Promise<ErasureBench> {
  const database = await createTestDatabase({ migrate: (databaseUrl) => migrate({ databaseUrl }) });
  const store = createCallStore({ databaseUrl: database.url, maxConnections: 2 });
  const client = new pg.Client(database.url);
  await client.connect();
  const redis = createCommandClient({ url: testRedisUrl(), name: 'test', onError: () => undefined });
  await untilReady(redis);
  const folder = await mkdtemp(path.join(os.tmpdir(), 'turnlog-test-'));
  const bench: ErasureBench = {
    ...{ store, databaseUrl: database.url, redis, client, folder },
    space: { prefix: testKeyPrefix(), partitions: 2 },
    environment: () => ({
      ...{ REDIS_URL: testRedisUrl(), DATABASE_URL: database.url, ERASURE_KEY: 'the key of the ledger' },
      ...{ KEY_PREFIX: bench.space.prefix, PARTITIONS: '2' },
    }),
    turnlog: (...args) => terminalWith(bench.environment())(...args),
    erase: async (...args) => {
      const { code, out, err } = await bench.turnlog('erase', ...args, '--json');
      if (out === '') throw new Error(err);
      return { ...(JSON.parse(out) as Report), code };
    },
    persisted: (callSid, ...events) => writeCall(store, callOf(callSid), events),
    append: async (call, events) => {
      const appender = createAppender(redis, bench.space, { maxEvents: 100 });
      const numbered = events.map((event, index) =>
        toNewEvent({ ...event, source: 'c1', sourceSeq: index + 1 }, { rememberId: false }),
      );
      await appender.append({ call, mode: 'ordered', events: numbered });
    },
    sidsIn: async () => {
      const { rows } = await client.query<{ call_sid: string }>(
        'select call_sid from call_sessions union select call_sid from call_event_segments order by 1',
      );
      return rows.map(({ call_sid }) => call_sid);
    },
    reset: async () => {
      bench.space = { prefix: testKeyPrefix(), partitions: 2 };
      await client.query(
        'truncate call_sessions, call_event_segments, call_placements, legal_holds, erasures, erased_calls, tenants',
      );
    },
    close: async () => {
      redis.disconnect();
      await client.end();
      await store.close();
      await database.drop();
      await rm(folder, { recursive: true, force: true });
    },
  };
  return bench;
}

/** A call of the default tenant, or another. */
export const callOf = (callSid: string, tenant = 'default'): CallKey => ({ tenant, callSid });

/** The start of a call between two other people, except for the given fields. */
export function startedWith(call: CallKey, more: Partial<EventData<'call.started'>>): KnownEvent {
  return eventOf(call, 0, 'call.started', { connectionId: 'c1', from: '+911111111111', ...more });
}

/** The end of the call that {@link startedWith} starts. */
export const endOf = (call: CallKey): KnownEvent =>
  eventOf(call, 9, 'call.ended', { connectionId: 'c1', reason: 'callended' });

/** Their sids. */
export const sids = (calls: readonly CallKey[]): string[] => calls.map(({ callSid }) => callSid);
