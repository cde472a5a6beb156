import {
  createEvent,
  encodeEvent,
  foldCall,
  initialState,
  toCallRecord,
  decodeEvent,
  type CallKey,
  type EventData,
  type KnownEvent,
} from '@turnlog/call-events';
import { callKeys, createAppender, toNewEvent, readCallLogs, type KeySpace } from '@turnlog/call-log';
import { createCommandClient, untilReady } from '@turnlog/redis-kit';
import { createCallStore, createCarrierStore, migrate, toRow, type StoredCall } from '@turnlog/call-store';
import { createLogger, Lifecycle, readConfig } from '@turnlog/service-kit';
import { createTestDatabase, testKeyPrefix, testRedisUrl, waitUntil } from '@turnlog/test-kit';
import { startFakeRestApi, type FakeRestApi } from '@turnlog/exotel-simulator';
import pg from 'pg';
import { configSchema } from './config.ts';
import { startReconciler } from './service.ts';

/** Quick checks: the first at once. */
const QUICK = {
  CHECK_AFTER_MS: '20',
  RECHECK_AFTER_MS: '400',
  RECONCILE_EVERY_MS: '20',
  EXOTEL_TIMEOUT_MS: '10000',
  EXOTEL_REQUESTS_PER_MINUTE: '6000',
};

/** A system to reconcile in: a database and a key space of its own, and a fake of the carrier's API. */
export async function openTestSystem(own: { redisUrl?: string; databaseUrl?: string } = {}) {
  const carrier = await startFakeRestApi();
  const database = own.databaseUrl === undefined ? await createMigrated() : undefined;
  const databaseUrl = own.databaseUrl ?? database?.url ?? '';
  const redisUrl = own.redisUrl ?? testRedisUrl();
  const space: KeySpace = { prefix: testKeyPrefix(), partitions: 2 };
  const redis = createCommandClient({ url: redisUrl, name: 'test', onError: () => undefined });
  await untilReady(redis);
  const appender = createAppender(redis, space, { maxEvents: 1_000 });
  const calls = createCallStore({ databaseUrl });
  const store = createCarrierStore({ databaseUrl });
  const closing: (() => unknown)[] = [];

  const events = async (call: CallKey): Promise<KnownEvent[]> => {
    const [log] = await readCallLogs(redis, space, [{ call, fromSeq: 1 }]);
    return (log?.entries ?? []).map(({ text }) => knownEvent(text));
  };

  /** What a persister does with a call. */
  const persist = async (call: CallKey): Promise<StoredCall> => {
    const [log] = await readCallLogs(redis, space, [{ call, fromSeq: 1 }]);
    const all = await events(call);
    const record = toCallRecord(all.reduce(foldCall, initialState(call)));
    const segment = { fromSeq: 1, toSeq: all.length, events: all.map(encodeEvent) };
    const write = { row: toRow(record), epoch: log?.epoch ?? '', segment };
    const [outcome] = await calls.writeCalls([write]);
    if (outcome === 'other_epoch') await calls.mergeCall({ call, epoch: write.epoch, segment });
    const row = await calls.readCall(call);
    if (row === undefined) throw new Error('the call has no row');
    return row;
  };

  return {
    carrier,
    databaseUrl,
    redisUrl,
    redis,
    store,
    events,
    persist,

    /** Adds a call from a callback, in its log and in Postgres. */
    tellOf: async (callSid: string, data: EventData<'call.status_reported'>, tenant = 'default') => {
      const call = { tenant, callSid };
      const event = createEvent('call.status_reported', data, {
        call,
        source: 'exotel:status',
        atMs: Date.now() - 1_000,
        id: `told:${data.status}`,
      });
      await appender.append({ call, events: [toNewEvent(event, { rememberId: true })], mode: 'unordered' });
      await persist(call);
      return call;
    },

    /** The events that the reconciler wrote, as soon as there are so many. */
    answersUntil: (call: CallKey, count: number) =>
      waitUntil(
        async () => {
          const answers = (await events(call)).filter(({ source }) => source === 'reconciler');
          return answers.length >= count && answers;
        },
        { what: `${call.callSid} has ${count} answers`, timeoutMs: 15_000 },
      ),

    /** Deletes the call's keys, as their expiry does. */
    forget: async (call: CallKey) => {
      const { log, head, ids } = callKeys(space, call);
      await redis.del(log, head, ids);
    },

    stateOf: async ({ tenant, callSid }: CallKey): Promise<Record<string, unknown> | undefined> => {
      const rows = await query(
        databaseUrl,
        `select state, checks, failures, problem from call_reconciliations where tenant = $1 and call_sid = $2`,
        [tenant, callSid],
      );
      return rows[0];
    },

    query: (statement: string, values: unknown[] = []) => query(databaseUrl, statement, values),

    start: async (settings: Record<string, string> = {}) => {
      const logLines: string[] = [];
      const logger = createLogger({
        service: 'reconciler',
        level: 'debug',
        destination: { write: (line) => void logLines.push(line) },
      });
      const { url, accountSid, apiKey, apiToken } = carrier;
      const result = readConfig(configSchema, {
        REDIS_URL: redisUrl,
        DATABASE_URL: databaseUrl,
        KEY_PREFIX: space.prefix,
        PARTITIONS: String(space.partitions),
        HEALTH_PORT: '0',
        EXOTEL_API_URL: url,
        EXOTEL_ACCOUNT_SID: accountSid,
        EXOTEL_API_KEY: apiKey,
        EXOTEL_API_TOKEN: apiToken,
        ...QUICK,
        ...settings,
      });
      if (!result.ok) throw new Error(result.problems.join('\n'));
      const lifecycle = new Lifecycle({ logger });
      const { health_port: port } = await startReconciler(result.config, { lifecycle, logger });
      const stop = async (): Promise<void> => {
        await lifecycle.stop('test');
      };
      closing.push(stop);
      return { stop, logLines, healthUrl: `http://127.0.0.1:${port}` };
    },

    close: async (): Promise<void> => {
      for (const close of closing.reverse()) await close();
      redis.disconnect();
      await Promise.all([calls.close(), store.close(), carrier.close()]);
      await database?.drop();
    },
  };
}

/** One system of a test. */
export type TestSystem = Awaited<ReturnType<typeof openTestSystem>>;

/** A completed call as the fake returns it. */
export function heldCall(carrier: FakeRestApi, sid: string) {
  return carrier.addCall(sid, {
    Status: 'completed',
    DateUpdated: '2026-01-25 16:46:12',
    StartTime: '2026-01-25 16:45:25',
    EndTime: '2026-01-25 16:46:10',
    Duration: '45',
    Price: '1.250000',
    From: '+919800000001',
    RecordingUrl: 'https://recordings.example/1.mp3',
  });
}

function createMigrated() {
  return createTestDatabase({ migrate: (databaseUrl) => migrate({ databaseUrl }) });
}

async function query(
  databaseUrl: string,
  statement: string,
  values: unknown[],
): Promise<Record<string, unknown>[]> {
  const client = new pg.Client({ connectionString: databaseUrl });
  await client.connect();
  try {
    return (await client.query<Record<string, unknown>>(statement, values)).rows;
  } finally {
    await client.end();
  }
}

function knownEvent(text: string): KnownEvent {
  const decoded = decodeEvent(text);
  if (!decoded.ok || decoded.event.type === 'unknown') throw new Error('not an event');
  return decoded.event;
}
