import { createHmac } from 'node:crypto';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals';
import type { CallKey, KnownEvent } from '@turnlog/call-events';
import {
  AudioStreams,
  callKeys,
  createAppender,
  DeadLetters,
  toNewEvent,
  type KeySpace,
} from '@turnlog/call-log';
import { createCommandClient, untilReady } from '@turnlog/redis-kit';
import { createCallStore, migrate, type CallStore } from '@turnlog/call-store';
import { openSpoolFolders, Spool } from '@turnlog/spool';
import { createTestDatabase, testKeyPrefix, testRedisUrl, type TestDatabase } from '@turnlog/test-kit';
import type { Redis } from 'ioredis';
import pg from 'pg';
import { eventOf, seedEvents, terminalWith, writeCall, type Ran } from './cli.test-support.ts';

const PHONE = '+919876543210';
const KEY = 'the key of the ledger';

let database: TestDatabase;
let store: CallStore;
let redis: Redis;
let client: pg.Client;
let folder: string;
let space: KeySpace;
let turnlog: (...args: readonly string[]) => Promise<Ran>;

beforeAll(async () => {
  database = await createTestDatabase({ migrate: (databaseUrl) => migrate({ databaseUrl }) });
  store = createCallStore({ databaseUrl: database.url, maxConnections: 2 });
  client = new pg.Client(database.url);
  await client.connect();
  redis = createCommandClient({ url: testRedisUrl(), name: 'test', onError: () => undefined });
  await untilReady(redis);
  folder = await mkdtemp(path.join(os.tmpdir(), 'turnlog-test-'));
});
beforeEach(async () => {
  space = { prefix: testKeyPrefix(), partitions: 2 };
  turnlog = terminalWith(env());
  await client.query(
    'truncate call_sessions, call_event_segments, legal_holds, erasures, erased_calls, tenants',
  );
});
afterAll(async () => {
  redis.disconnect();
  await client.end();
  await store.close();
  await database.drop();
  await rm(folder, { recursive: true, force: true });
});

const env = () => ({
  ...{ REDIS_URL: testRedisUrl(), DATABASE_URL: database.url, ERASURE_KEY: KEY },
  ...{ KEY_PREFIX: space.prefix, PARTITIONS: '2' },
});

const fail = (problem?: unknown): never => {
  throw new Error(`the spool has a problem: ${String(problem)}`);
};

const callOf = (callSid: string, tenant = 'default'): CallKey => ({ tenant, callSid });
const eventsWith = (call: CallKey, from: string): KnownEvent[] => [
  eventOf(call, 0, 'call.started', { connectionId: 'c1', from, customParameters: { name: 'Ravi' } }),
  eventOf(call, 5, 'turn.completed', { speaker: 'user', text: `said in ${call.callSid}` }),
  eventOf(call, 9, 'call.ended', { connectionId: 'c1', reason: 'callended' }),
];

async function append(call: CallKey, events: readonly KnownEvent[]): Promise<void> {
  const appender = createAppender(redis, space, { maxEvents: 100 });
  const numbered = events.map((event, index) =>
    toNewEvent({ ...event, source: 'c1', sourceSeq: index + 1 }, { rememberId: false }),
  );
  await appender.append({ call, mode: 'ordered', events: numbered });
}

async function sidsIn(): Promise<string[]> {
  return (await store.listCalls()).map(({ call_sid }) => call_sid).sort();
}

test('a person is erased from Postgres, from calls that wait in Redis, and from the dead letters', async () => {
  await writeCall(store, callOf('CA1'), eventsWith(callOf('CA1'), PHONE));
  await writeCall(store, callOf('CA2', 'acme'), eventsWith(callOf('CA2', 'acme'), '09876543210'));
  await writeCall(store, callOf('CA3'), eventsWith(callOf('CA3'), '+919800000009'));
  await append(callOf('CA-waiting'), eventsWith(callOf('CA-waiting'), PHONE));
  await append(callOf('CA-other'), eventsWith(callOf('CA-other'), '+919800000009'));
  await new DeadLetters(redis, space).add(
    {
      ...{ call: callOf('CA-dead'), kind: 'event', seq: 1, reason: 'not_json', detail: '' },
      ...{ original: `{"from":"+91 98765-43210","torn`, atMs: 1 },
    },
    [],
  );
  const ledger = path.join(folder, 'ledger');

  const planned = await turnlog('erase', '--phone', '098765 43210', '--dry-run', '--json');
  expect(
    (JSON.parse(planned.out) as { erased: CallKey[] }).erased.map(({ callSid }) => callSid).sort(),
  ).toEqual([...['CA-dead', 'CA-waiting', 'CA1', 'CA2']]);
  expect(await sidsIn()).toEqual(['CA1', 'CA2', 'CA3']);

  const erased = await turnlog('erase', '--phone', '98765-43210', '--ledger', ledger);
  expect(erased).toMatchObject({ code: 0, err: '' });
  expect(erased.out).toContain('🧹 4 call(s) erased.');
  expect(await sidsIn()).toEqual(['CA3']);
  expect(await redis.exists(callKeys(space, callOf('CA-waiting')).log)).toBe(0);
  expect(await redis.exists(callKeys(space, callOf('CA-other')).log)).toBe(1);
  expect(await new DeadLetters(redis, space).list()).toEqual([]);
  expect(await turnlog('verify', '--all')).toMatchObject({ code: 0 });

  const written = (await readFile(ledger, 'utf8')) + JSON.stringify(await store.privacy.erasures());
  expect(written).toMatch(/"kind":"phone","subject":"[0-9a-f]{64}"/);
  expect(written).not.toMatch(/9876|CA1|CA2|waiting/);
});

test('a person is erased from the spool of a dead gateway, which never brings the events back', async () => {
  const spoolDir = await mkdtemp(path.join(folder, 'spool-'));
  const emptyDir = await mkdtemp(path.join(folder, 'spool-'));
  const folders = await openSpoolFolders(spoolDir, 'gw-1');
  const { disk, firstNumber } = folders;
  const observer = { onProblem: fail, onRecovered: fail, onNotRemoved: fail };
  const spool = new Spool({ disk, firstNumber, maxBytes: 1_000_000, observer });
  for (const [callSid, phone] of [
    ['CA-spooled', PHONE],
    ['CA-other', '+919800000009'],
  ] as const) {
    const events = eventsWith(callOf(callSid), phone).map((event) =>
      toNewEvent(event, { rememberId: false }),
    );
    expect(await spool.store(events, 'ordered')).toBeDefined();
  }
  await spool.close();
  const whileItLives = await turnlog('erase', '--phone', PHONE, '--spool', spoolDir, '--json');
  expect(JSON.parse(whileItLives.out)).toMatchObject({ spool: { events: 0, living: 1 } });
  await folders.close();

  const { out } = await turnlog('erase', '--phone', PHONE, '--spool', spoolDir, '--spool', emptyDir);
  expect(out).toMatch(/^🧹 1 call\(s\) erased\.\n {2}default\/CA-spooled {2}\(spool\)\n/);
  expect(out).toContain('💾 3 event(s) removed from the spools of dead gateways.\n');
  const [name = ''] = await readdir(path.join(spoolDir, 'gw-1'));
  const left = await readFile(path.join(spoolDir, 'gw-1', name), 'utf8');
  expect(left).toContain('said in CA-other');
  expect(left).not.toMatch(/CA-spooled|9876543210/);

  expect((await turnlog('erase', '--call', 'CA-spooled')).out).toContain('No spool was searched');
  const lost = await turnlog('erase', '--call', 'CA1', '--spool', spoolDir, '--spool', '/nowhere/at/all');
  expect(lost).toMatchObject({
    code: 1,
    err: expect.stringMatching(/^There is no folder \/nowhere\/at\/all/),
  });
});

test('the ledger erases again what a backup brings back, and no later call', async () => {
  const ledger = path.join(folder, 'after-restore');
  await writeCall(store, callOf('CA-old'), eventsWith(callOf('CA-old'), PHONE));
  await writeCall(store, callOf('CA-single'), eventsWith(callOf('CA-single'), '+919800000009'));
  await turnlog('erase', '--phone', PHONE, '--ledger', ledger);
  await turnlog('erase', '--call', 'CA-single', '--ledger', ledger);

  // The backup is from before all of this: its ledger is empty, too.
  await client.query('truncate erasures, erased_calls');
  await writeCall(store, callOf('CA-old'), eventsWith(callOf('CA-old'), PHONE));
  await writeCall(store, callOf('CA-single'), eventsWith(callOf('CA-single'), '+919800000009'));
  const tomorrow = new Date(Date.now() + 86_400_000).toISOString();
  const later = eventsWith(callOf('CA-new'), PHONE).map((event) => ({ ...event, at: tomorrow }));
  await writeCall(store, callOf('CA-new'), later);
  const reapplied = await turnlog('erase', '--reapply', '--ledger', ledger, '--json');
  expect(reapplied.code).toBe(0);
  expect(await sidsIn()).toEqual(['CA-new']);
  // The ledger of the database is complete again, so the next time it does without the file.
  await client.query('truncate erased_calls');
  await writeCall(store, callOf('CA-single'), eventsWith(callOf('CA-single'), '+919800000009'));
  await turnlog('erase', '--reapply');
  expect(await sidsIn()).toEqual(['CA-new']);
});

test('the copy of the ledger can be standard output, and is read again from standard input', async () => {
  await writeCall(store, callOf('CA-old'), eventsWith(callOf('CA-old'), PHONE));
  const erased = await turnlog('erase', '--phone', PHONE, '--ledger', '-');
  expect(erased.out.trimEnd().split('\n')).toHaveLength(2);
  expect(erased.err).toContain('1 call(s) erased');

  await client.query('truncate erasures, erased_calls');
  await writeCall(store, callOf('CA-old'), eventsWith(callOf('CA-old'), PHONE));
  const restored = terminalWith(env(), erased.out);
  const reapplied = await restored('erase', '--reapply', '--ledger', '-');
  expect(reapplied.out).toContain('1 call(s) erased');
  expect(await sidsIn()).toEqual([]);
});

test('the local stack has a key of its own, for its own database alone', async () => {
  const own = { ...env(), TURNLOG_DATA_DIR: await mkdtemp(path.join(folder, 'stack-')), ERASURE_KEY: '' };
  const { REDIS_URL: redisUrl, DATABASE_URL: databaseUrl } = own;
  const stack = { pid: process.pid, startedAt: '', redisUrl, databaseUrl, keyPrefix: 'x', partitions: 2 };
  const file = path.join(own.TURNLOG_DATA_DIR, 'stack.json');
  await writeFile(file, JSON.stringify({ ...stack, gatewayUrls: [], services: [] }));
  for (const callSid of ['CA1', 'CA2']) {
    await writeCall(store, callOf(callSid), eventsWith(callOf(callSid), PHONE));
    expect(await terminalWith(own)('erase', '--call', callSid)).toMatchObject({ code: 0, err: '' });
  }
  const key = await readFile(path.join(own.TURNLOG_DATA_DIR, 'erasure-key'), 'utf8');
  const subjects = (await store.privacy.erasures()).map(({ subject }) => subject);
  const hash = (text: string) => createHmac('sha256', key).update(text).digest('hex');
  expect(subjects.sort()).toEqual([hash('call:default/CA1'), hash('call:default/CA2')].sort());

  await writeFile(
    file,
    JSON.stringify({ ...stack, databaseUrl: 'postgres://x/y', gatewayUrls: [], services: [] }),
  );
  expect((await terminalWith(own)('erase', '--call', 'CA1')).err).toMatch(/^ERASURE_KEY: .*openssl rand/);
});

test('a held call is neither erased nor deleted by retention, and both report it', async () => {
  await writeCall(store, callOf('CA1'), seedEvents(callOf('CA1')));
  expect(await turnlog('hold', 'CA1', '--on')).toMatchObject({ code: 1 });
  expect((await turnlog('hold', 'CA1', '--on', '--reason', 'case 7')).code).toBe(0);
  expect((await turnlog('hold')).out).toContain('default/CA1  since');
  const erased = await turnlog('erase', '--call', 'CA1');
  expect(erased.code).toBe(1);
  expect(erased.out).toContain('⚖️  1 under a legal hold, not changed:\n  default/CA1');
  await client.query(`update call_sessions set ended_at = ended_at - interval '60 days'`);
  const retained = await turnlog('retention', '--tenant', 'default', '--transcript-days', '1');
  expect(retained.out).toContain('transcript of 0 call(s) removed');
  expect((await store.readCall('CA1'))?.full_transcript).toHaveLength(4);
  expect(await store.privacy.erasures()).toEqual([]);

  expect((await turnlog('hold', 'CA1', '--off')).code).toBe(0);
  expect((await turnlog('erase', '--call', 'CA1')).code).toBe(0);
  expect(await sidsIn()).toEqual([]);
});

test('a call in progress is reported as one to erase later', async () => {
  await append(callOf('CA-live'), eventsWith(callOf('CA-live'), PHONE).slice(0, 2));
  const { code, out } = await turnlog('erase', '--call', 'CA-live');
  expect({ code, out }).toMatchObject({ code: 1, out: expect.stringContaining('in progress') });
});

test('erasing needs a key, and one thing to erase', async () => {
  const keyless = terminalWith({ REDIS_URL: testRedisUrl(), DATABASE_URL: database.url });
  expect((await keyless('erase', '--call', 'CA1')).err).toMatch(/^ERASURE_KEY: expected a secret/);
  expect((await turnlog('erase')).err).toMatch(/^Name what to erase/);
  expect((await turnlog('erase', '--call', 'CA1', '--phone', PHONE)).code).toBe(1);
  expect((await turnlog('erase', '--phone', '12')).err).toContain('expected a phone number of IN');
});

test('retention follows the policy of each tenant, reports its changes, and leaves verification clean', async () => {
  for (const tenant of ['keeps', 'forgets']) {
    await writeCall(store, callOf(`CA-${tenant}`, tenant), seedEvents(callOf(`CA-${tenant}`, tenant)));
    await turnlog('tenants', 'add', tenant);
    const batch = {
      track: 'inbound',
      sampleRate: 8000,
      pcm: Buffer.alloc(2),
      offsetMs: 0,
      connectionId: 'c',
    } as const;
    const limits = { maxBatches: 9, keepMs: 3_600_000 };
    await new AudioStreams(redis, space).append([{ call: callOf(`CA-${tenant}`, tenant), batch }], limits);
  }
  await turnlog(
    'tenants',
    'set',
    'forgets',
    '--transcript-days',
    '30',
    '--archive-days',
    '7',
    '--audio-hours',
    '1',
  );
  // As if it were two months later, and the other call young.
  await client.query(
    `update call_sessions set ended_at = ended_at - interval '60 days' where tenant = 'forgets'`,
  );
  const audioKey = callKeys(space, callOf('CA-forgets', 'forgets')).audio;
  await redis.xtrim(audioKey, 'MAXLEN', 0);
  await redis.del(audioKey);
  await redis.xadd(audioKey, '1000-0', 't', 'inbound');

  const dry = await turnlog('retention', '--dry-run', '--json');
  const results = ['transcript', 'placement', 'dead letter', 'archive', 'audio'].map((what) => ({
    ...{ tenant: 'forgets', what },
    calls: what === 'placement' || what === 'dead letter' ? 0 : 1,
  }));
  expect(JSON.parse(dry.out)).toEqual({ dryRun: true, results });
  expect((await store.readCall('CA-forgets'))?.full_transcript).toHaveLength(4);

  expect((await turnlog('retention')).out).toContain('forgets: transcript of 1 call(s) removed');
  expect((await turnlog('retention', '--json')).out).not.toMatch(/"calls": [1-9]/);
  expect(await redis.exists(audioKey)).toBe(0);
  expect(await redis.exists(callKeys(space, callOf('CA-keeps', 'keeps')).audio)).toBe(1);
  expect((await store.readCall('CA-keeps'))?.full_transcript).toHaveLength(4);
  const verified = await turnlog('verify', '--all');
  expect(verified.code).toBe(0);
  expect(verified.out).toContain("1 of them can't be compared: retention has deleted their archives.");
  expect((await turnlog('show', 'CA-forgets')).out).toContain('(deleted by retention on');
});

test('a consent is in the record, and shown', async () => {
  const call = callOf('CA-consent');
  await writeCall(store, call, [
    ...seedEvents(call),
    eventOf(call, 3, 'consent.recorded', {
      statement: 'This call is recorded',
      given: true,
      purpose: 'quality',
    }),
  ]);
  expect((await store.readCall(call))?.consents).toEqual([
    {
      statement: 'This call is recorded',
      given: true,
      purpose: 'quality',
      timestamp: '2026-01-25T11:15:03.000Z',
    },
  ]);
  expect((await turnlog('show', 'CA-consent')).out).toContain(
    '✋ CONSENT:\n  given (quality): This call is recorded',
  );
  expect(await turnlog('verify', '--all')).toMatchObject({ code: 0 });
});
