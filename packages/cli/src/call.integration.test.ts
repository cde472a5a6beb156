import { once } from 'node:events';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { decodeEvent } from '@turnlog/call-events';
import { createCommandClient, untilReady } from '@turnlog/redis-kit';
import { readCallLogs } from '@turnlog/call-log';
import { migrate } from '@turnlog/call-store';
import {
  createTestDatabase,
  freePort,
  testKeyPrefix,
  testRedisUrl,
  type TestDatabase,
} from '@turnlog/test-kit';
import { startFakeRestApi, type FakeRestApi, type Misbehaviour } from '@turnlog/exotel-simulator';
import pg from 'pg';
import { terminalWith } from './cli.test-support.ts';

const PHONE = '+919812345610';
const TOKEN = 'fake-token';
const TO = ['call', '--to', PHONE, '--from', '08047000001', '--json'];

let carrier: FakeRestApi;
let database: TestDatabase;
let env: Record<string, string>;

beforeEach(async () => {
  carrier = await startFakeRestApi();
  database = await createTestDatabase({ migrate: (databaseUrl) => migrate({ databaseUrl }) });
  env = {
    DATABASE_URL: database.url,
    REDIS_URL: testRedisUrl(),
    KEY_PREFIX: testKeyPrefix(),
    PARTITIONS: '2',
    EXOTEL_API_URL: carrier.url,
    EXOTEL_ACCOUNT_SID: carrier.accountSid,
    EXOTEL_API_KEY: carrier.apiKey,
    EXOTEL_API_TOKEN: carrier.apiToken,
    PUBLIC_URL: 'https://calls.example/',
    WEBHOOK_SECRET: 'webhook-secret-0123456789',
  };
});

afterEach(async () => {
  await carrier.close();
  await database.drop();
});

const turnlog = (...args: string[]) => terminalWith(env)(...args);
const documentOf = ({ out }: { readonly out: string }) => JSON.parse(out) as Record<string, string>;

const placements = () => query('select * from call_placements');

async function query(statement: string): Promise<Record<string, unknown>[]> {
  const client = new pg.Client(database.url);
  await client.connect();
  try {
    return (await client.query<Record<string, unknown>>(statement)).rows;
  } finally {
    await client.end();
  }
}

async function typesIn(callSid: string): Promise<string[]> {
  const redis = createCommandClient({ url: testRedisUrl(), name: 'test', onError: () => undefined });
  await untilReady(redis);
  const space = { prefix: env['KEY_PREFIX'] ?? '', partitions: 2 };
  const [log] = await readCallLogs(redis, space, [{ call: { tenant: 'default', callSid }, fromSeq: 1 }]);
  redis.disconnect();
  return (log?.entries ?? []).map(({ text }) => {
    const decoded = decodeEvent(text);
    return decoded.ok ? `${decoded.event.source} ${decoded.event.type}` : 'no event';
  });
}

describe('turnlog recording', () => {
  const addRow = (callSid: string, url: string | null) =>
    query(`insert into call_sessions (tenant, call_sid, status, version, fold_version, epoch, transcript_sha256, recording_url)
      values ('default', '${callSid}', 'completed', 1, 3, 'e', '', ${url === null ? 'null' : `'${url}'`})`);

  it('fetches the recording of a call with the key of the API, into a new file', async () => {
    const folder = await mkdtemp(path.join(tmpdir(), 'turnlog-test-'));
    const asked: (string | undefined)[] = [];
    const server = createServer((request, response) => {
      asked.push(request.headers.authorization);
      response.end('sound');
    });
    try {
      server.listen(0, '127.0.0.1');
      await once(server, 'listening');
      const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
      env['EXOTEL_API_URL'] = url;
      await addRow('CA-recorded', `${url}/1.mp3`);
      const file = path.join(folder, 'call.mp3');
      const ran = await turnlog('recording', 'CA-recorded', '--out', file, '--json');
      expect([ran.code, ran.err]).toEqual([0, '']);
      expect(JSON.parse(ran.out)).toMatchObject({ file, bytes: 5 });
      expect(await readFile(file, 'utf8')).toBe('sound');
      expect(asked).toEqual([expect.stringMatching(/^Basic /)]);
      const again = await turnlog('recording', 'CA-recorded', '--out', file);
      expect([again.code, again.err]).toEqual([1, expect.stringContaining("can't be written")]);
    } finally {
      server.close();
      await rm(folder, { recursive: true, force: true });
    }
  });

  it('asks Exotel for the address if the record has none, and reports if there is none', async () => {
    await addRow('CA-unrecorded', null);
    carrier.addCall('CA-unrecorded', { RecordingUrl: null });
    const ran = await turnlog('recording', 'CA-unrecorded', '--out', '/nonexistent/x.mp3');
    expect([ran.code, ran.err]).toEqual([1, expect.stringContaining('Exotel has none either')]);
    expect(carrier.requests.map(({ path: asked }) => asked)).toEqual(['Calls/CA-unrecorded.json']);
  });
});

describe('turnlog call', () => {
  it('places a call to the gateways, with its callbacks, and records it in the log', async () => {
    const ran = await turnlog(...TO);
    expect([ran.code, ran.err]).toEqual([0, '']);
    const { outcome, call_sid, reference } = documentOf(ran);
    expect([outcome, call_sid]).toEqual(['placed', 'placed-1']);
    const { form } = carrier.requests[0] ?? {};
    expect(Object.fromEntries(form ?? [])).toMatchObject({
      From: PHONE,
      CallerId: '08047000001',
      StreamUrl: 'wss://calls.example/exotel/stream',
      StatusCallback: 'https://calls.example/webhooks/exotel/status/webhook-secret-0123456789',
      CustomField: reference,
    });
    expect(await typesIn('placed-1')).toEqual(['placement call.status_reported']);
    expect(await placements()).toMatchObject([{ state: 'placed', call_sid: 'placed-1', dialled: null }]);
  });

  it('has the call recorded on request, with a channel for each party', async () => {
    await turnlog(...TO);
    await turnlog(...TO, '--record');
    await turnlog(...TO, '--record-channels', 'dual');
    const asked = carrier.requests.map(({ form }) => [form.get('Record'), form.get('RecordingChannels')]);
    expect(asked).toEqual([
      [null, null],
      ['true', null],
      ['true', 'dual'],
    ]);
    expect((await turnlog(...TO, '--record-channels', 'three')).code).not.toBe(0);
  });

  it('adds its credentials to the stream, and uses a given flow or address', async () => {
    env['STREAM_SECRET'] = 'stream-secret';
    await turnlog(...TO);
    await turnlog(...TO, '--stream-url', 'wss://other.example/s');
    await turnlog(...TO, '--flow', 'http://my.exotel.com/a/exoml/start_voice/7');
    expect(carrier.requests.map(({ form }) => form.get('StreamUrl') ?? form.get('Url'))).toEqual([
      'wss://default:stream-secret@calls.example/exotel/stream',
      'wss://other.example/s',
      'http://my.exotel.com/a/exoml/start_voice/7',
    ]);
  });

  const silences: Misbehaviour[] = [
    { kind: 'hang' },
    { kind: 'reset' },
    { kind: 'status', status: 500 },
    { kind: 'text', text: 'gateway time-out' },
  ];
  it.each(silences)(
    'reports after %j that the call may exist, and never dials again',
    async (misbehaviour) => {
      carrier.misbehave(misbehaviour);
      if (misbehaviour.kind === 'hang') env['EXOTEL_CONNECT_TIMEOUT_MS'] = '300';
      const ran = await turnlog(...TO);
      expect(ran.code).toBe(1);
      const { outcome, reference = '' } = documentOf(ran);
      expect(outcome).toBe('may_exist');
      expect(carrier.requests).toHaveLength(1);
      expect(await placements()).toMatchObject([{ state: 'may_exist', dialled: PHONE, reference }]);
      const status = await turnlog('call', 'status', reference, '--json');
      expect(documentOf(status)).toMatchObject({ state: 'may_exist', callSid: null });
      const words = await turnlog('call', 'status', reference);
      expect(words.out).toContain(`${reference}: may_exist`);
    },
  );

  it.each([400, 401, 429])('reports after HTTP %d that there is no call', async (status) => {
    carrier.misbehave({ kind: 'status', status });
    const ran = await turnlog(...TO);
    expect([ran.code, documentOf(ran)['outcome']]).toEqual([1, 'refused']);
    expect(await placements()).toMatchObject([{ state: 'refused', dialled: null }]);
  });

  it('is not placed if Postgres does not record it first', async () => {
    await query('alter table call_placements rename to elsewhere');
    const ran = await turnlog(...TO);
    expect([ran.code, carrier.requests.length]).toEqual([1, 0]);
    expect(ran.err).toContain('refuses');
  });

  it('is not placed while Postgres is unavailable', async () => {
    env['DATABASE_URL'] = `postgres://u:p@127.0.0.1:${await freePort()}/x`;
    const ran = await turnlog(...TO);
    expect([ran.code, carrier.requests.length]).toEqual([1, 0]);
    expect(ran.err).toContain("can't be reached");
  });

  it('is placed even if Redis cannot record it, and reports it', async () => {
    env['REDIS_URL'] = `redis://127.0.0.1:${await freePort()}`;
    const ran = await turnlog(...TO);
    expect([ran.code, documentOf(ran)['outcome']]).toEqual([0, 'placed']);
    expect(ran.err).toContain('The call is not in the log yet');
  });

  it.each([
    ['no number', ['call', '--from', '08047000001'], /--to/],
    ['an invalid number', ['call', '--to', `${PHONE}x`], /--to: expected a number/],
    ['no ExoPhone', ['call', '--to', PHONE], /EXOTEL_CALLER_ID/],
    ['two destinations', [...TO, '--flow', 'http://x', '--stream-url', 'wss://x'], /not both/],
    ['an invalid stream', [...TO, '--stream-url', 'http://x'], /--stream-url/],
    ['an unknown reference', ['call', 'status', 'tl-x'], /no placement/],
    ['something else', ['call', 'back'], /Usage/],
  ])('with %s places nothing and reports the problem', async (_what, args, message) => {
    const ran = await turnlog(...args);
    expect([ran.code, carrier.requests.length]).toEqual([1, 0]);
    expect(ran.err).toMatch(message);
    expect(ran.err).not.toContain(PHONE.slice(3));
  });

  it('takes credentials from the environment alone, and repeats none', async () => {
    expect((await turnlog(...TO, '--api-token', TOKEN)).code).toBe(1);
    env['EXOTEL_API_TOKEN'] = 'hunter2 hunter2';
    const ran = await turnlog(...TO);
    expect(ran.err).toContain('EXOTEL_API_TOKEN');
    expect(ran.err).not.toContain('hunter2');
  });
});
