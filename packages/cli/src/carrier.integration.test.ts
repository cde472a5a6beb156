import { mkdtemp, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { createCallStore, migrate, type CallStore } from '@turnlog/call-store';
import { placeCall, istTime, startFakeRestApi, type FakeRestApi } from '@turnlog/exotel-simulator';
import { startLocalStack, type LocalStack } from '@turnlog/local-stack';
import {
  createTestDatabase,
  testKeyPrefix,
  testRedisUrl,
  waitUntil,
  type TestDatabase,
} from '@turnlog/test-kit';
import pg from 'pg';
import { terminalWith } from './cli.test-support.ts';

const PHONE = '+919812345610';
const WEBHOOK_SECRET = 'webhook-secret-0123456789';

let carrier: FakeRestApi;
let database: TestDatabase;
let store: CallStore;
let stack: LocalStack;
let dataDir: string;
let env: Record<string, string>;
const lines: string[] = [];

beforeAll(async () => {
  carrier = await startFakeRestApi();
  database = await createTestDatabase({ migrate: (databaseUrl) => migrate({ databaseUrl }) });
  store = createCallStore({ databaseUrl: database.url, maxConnections: 2 });
  dataDir = await mkdtemp(path.join(os.tmpdir(), 'turnlog-test-'));
  env = {
    KEY_PREFIX: testKeyPrefix(),
    PARTITIONS: '2',
    EXOTEL_API_URL: carrier.url,
    EXOTEL_ACCOUNT_SID: carrier.accountSid,
    EXOTEL_API_KEY: carrier.apiKey,
    EXOTEL_API_TOKEN: carrier.apiToken,
    WEBHOOK_SECRET,
  };
  stack = await startLocalStack({
    dataDir,
    redisUrl: testRedisUrl(),
    databaseUrl: database.url,
    env: { ...env, AGENT_URL: undefined },
    serviceEnv: {
      gateway: { AUDIO: 'false' },
      session: { SWEEP_EVERY_MS: '100', LOST_AFTER_MS: '2000', QUIET_AFTER_MS: '300' },
      reconciler: { RECONCILE_EVERY_MS: '100', CHECK_AFTER_MS: '50', RECHECK_AFTER_MS: '1500' },
    },
    onLine: (_service, line) => void lines.push(line),
  });
});

afterAll(async () => {
  await stack.stop();
  await store.close();
  await Promise.all([carrier.close(), database.drop(), rm(dataDir, { recursive: true, force: true })]);
});

const row = async (callSid: string, isAsExpected: (call: NonNullable<Row>) => boolean) =>
  waitUntil(
    async () => {
      const call = await store.readCall(callSid);
      return call !== undefined && isAsExpected(call) && call;
    },
    { what: `the row of ${callSid} is as expected`, timeoutMs: 20_000 },
  );
type Row = Awaited<ReturnType<CallStore['readCall']>>;

const callback = (fields: Record<string, string>) =>
  fetch(`${stack.gatewayUrls[0] ?? ''}/webhooks/exotel/status/${WEBHOOK_SECRET}`, {
    method: 'POST',
    body: new URLSearchParams(fields),
  });

async function query(statement: string): Promise<Record<string, unknown>[]> {
  const client = new pg.Client(database.url);
  await client.connect();
  const { rows } = await client.query<Record<string, unknown>>(statement).finally(() => client.end());
  return rows;
}

it("a held call gets the content of its callbacks, and then the carrier's details", async () => {
  const call = placeCall({ url: stack.streamUrls[0] ?? '', audio: 0.2, hangUpAfterMs: Infinity });
  expect(await call.connected).toBe(true);
  const now = Date.now();
  carrier.addCall(call.callSid, {
    Status: 'completed',
    DateUpdated: istTime(now + 60_000),
    EndTime: istTime(now),
    Duration: '61',
    Price: '0.800',
    RecordingUrl: 'https://recordings.example/held.mp3',
  });
  expect(
    (await callback({ CallSid: call.callSid, Status: 'in-progress', EventType: 'answered' })).status,
  ).toBe(200);
  call.hangUp();
  await row(call.callSid, ({ ended_at }) => ended_at !== null);
  await callback({
    CallSid: call.callSid,
    Status: 'failed',
    EventType: 'terminal',
    DateUpdated: istTime(now),
  });
  const held = await row(call.callSid, ({ price, status }) => price !== null && status === 'completed');
  expect(held).toMatchObject({
    end_reason: 'callended',
    duration_seconds: 61,
    price: '0.800',
    recording_url: 'https://recordings.example/held.mp3',
  });
  expect(await store.verifyCall({ tenant: 'default', callSid: call.callSid })).toEqual({ ok: true });
});

it('a call that may exist is found, gets its row though it never streamed, and is dialled once', async () => {
  // The reset is for the request to connect, not for a question about the first call.
  const isAnyDue = async () =>
    (await query(`select from call_reconciliations where state = 'due'`)).length > 0;
  await waitUntil(async () => !(await isAnyDue()), { what: 'no other call is asked about' });
  carrier.misbehave({ kind: 'reset' });
  const turnlog = terminalWith({
    ...env,
    REDIS_URL: testRedisUrl(),
    DATABASE_URL: database.url,
    PUBLIC_URL: 'https://calls.example',
  });
  const ran = await turnlog('call', '--to', PHONE, '--from', '08047000001', '--json');
  const { outcome, reference = '' } = JSON.parse(ran.out) as Record<string, string>;
  expect(outcome).toBe('may_exist');
  const dialled = carrier.calls.at(-1);
  dialled?.update({ Status: 'busy', EndTime: istTime(Date.now()) });
  await query(`update call_placements set due_at = now() where reference = '${reference}'`);

  expect(await row(dialled?.sid ?? '', ({ status }) => status === 'busy')).toMatchObject({
    end_reason: null,
  });
  const status = await turnlog('call', 'status', reference, '--json');
  expect(JSON.parse(status.out)).toMatchObject({ state: 'found', callSid: dialled?.sid });
  expect(carrier.requests.filter(({ path: asked }) => asked.includes('connect'))).toHaveLength(1);
});

it('no service has logged a number, a secret or a token', () => {
  expect(lines.join('\n')).not.toMatch(new RegExp(`${PHONE.slice(3)}|${WEBHOOK_SECRET}|${carrier.apiToken}`));
});
