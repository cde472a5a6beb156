import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { foldCall, initialState, toCallRecord, type KnownEvent } from '@turnlog/call-events';
import { startRedisForTest, waitUntil } from '@turnlog/test-kit';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { dial } from '../../testing/bare-socket.ts';
import { framesOf } from '../../testing/frames.ts';
import { startTestGateway, type TestGateway } from '../../testing/test-gateway.ts';
import { testTenant } from '../../testing/test-tenant.ts';

const SECRET = 'a-webhook-secret-of-this-test-0123456789';
const PHONE = '+919812345610';

let gateway: TestGateway;

beforeAll(async () => {
  gateway = await startTestGateway({ WEBHOOK_SECRET: SECRET });
});

afterAll(async () => {
  await gateway.stop();
});

const urlOf = (kind: string, { secret = SECRET, of = gateway } = {}) =>
  `${of.httpUrl}/webhooks/exotel/${kind}/${secret}`;
const terminal = (callSid: string, more: Record<string, unknown> = {}) => ({
  CallSid: callSid,
  EventType: 'terminal',
  Status: 'completed',
  DateUpdated: '2026-01-25 16:46:12',
  EndTime: '2026-01-25 16:46:10',
  From: PHONE,
  RecordingUrl: 'https://recordings.example/1.mp3',
  ...more,
});
const postJson = (url: string, body: unknown) =>
  fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: typeof body === 'string' ? body : JSON.stringify(body),
  });
const recordOf = (callSid: string, events: readonly KnownEvent[]) =>
  toCallRecord(events.reduce(foldCall, initialState({ tenant: 'default', callSid })));

test('a callback belongs to the tenant of its secret', async () => {
  const acme = testTenant('acme');
  const of = await startTestGateway({ WEBHOOK_SECRET: SECRET }, [acme.tenant]);
  try {
    const answers = await Promise.all(
      [acme.secrets.webhook, acme.secrets.api, SECRET].map((secret) =>
        postJson(urlOf('status', { secret, of }), terminal('CB-acme')),
      ),
    );
    expect(answers.map(({ status }) => status)).toEqual([200, 404, 404]);
    expect(await of.events('CB-acme', 'acme')).toHaveLength(2);
    expect(await of.events('CB-acme')).toEqual([]);
  } finally {
    await of.stop();
  }
});

describe('a status callback', () => {
  test('is recorded, its times in IST; a repeat of it changes nothing', async () => {
    const first = await postJson(urlOf('status'), terminal('CB-1'));
    expect([first.status, await first.json()]).toEqual([200, { status: 'recorded' }]);
    const repeat = await postJson(urlOf('status'), terminal('CB-1'));
    expect([repeat.status, await repeat.json()]).toEqual([200, { status: 'duplicate' }]);
    const events = await gateway.events('CB-1');
    expect(events).toMatchObject([
      {
        type: 'call.status_reported',
        source: 'exotel:status',
        at: '2026-01-25T11:16:12.000Z',
        data: {
          status: 'completed',
          endedAt: '2026-01-25T11:16:10.000Z',
          raw: { EndTime: '2026-01-25 16:46:10' },
        },
      },
      { type: 'recording.available', data: { url: 'https://recordings.example/1.mp3' } },
    ]);
  });

  test('is accepted as a form, as multipart or in the query', async () => {
    const fields = Object.entries(terminal('CB-2')).map(([name, value]): [string, string] => [name, value]);
    const form = new FormData();
    for (const [name, value] of fields) form.append(name, value);
    await fetch(urlOf('status'), { method: 'POST', body: form });
    await fetch(urlOf('status'), { method: 'POST', body: new URLSearchParams(fields) });
    const last = await fetch(`${urlOf('status')}?${new URLSearchParams(fields).toString()}`);
    expect(await last.json()).toEqual({ status: 'duplicate' });
    expect(await gateway.events('CB-2')).toHaveLength(2);
  });

  test('before, during and after the stream leaves the record the same', async () => {
    const frames = framesOf({ callSid: 'CB-3', from: PHONE });
    await postJson(urlOf('status'), terminal('CB-3', { EventType: 'ringing', Status: 'ringing' }));
    const socket = await dial(gateway.url);
    socket.send(frames.connected, frames.start);
    await gateway.eventsUntil('CB-3', 'call.started');
    await postJson(urlOf('status'), terminal('CB-3', { EventType: 'answered', Status: 'in-progress' }));
    socket.send(frames.media(), frames.stop);
    await gateway.eventsUntil('CB-3', 'call.ended');
    await postJson(urlOf('status'), terminal('CB-3'));
    await fetch(`${urlOf('passthru')}?CallSid=CB-3&Stream[Status]=completed&Stream[DisconnectedBy]=user`);
    const events = await gateway.events('CB-3');
    const record = recordOf('CB-3', events);
    expect(record).toMatchObject({ status: 'completed', recordingUrl: 'https://recordings.example/1.mp3' });
    expect(recordOf('CB-3', [...events].reverse())).toEqual(record);
  });
});

test('the busy status of another leg does not end the call, and is in its record', async () => {
  const frames = framesOf({ callSid: 'CB-23', from: PHONE });
  const socket = await dial(gateway.url);
  socket.send(frames.start);
  await gateway.eventsUntil('CB-23', 'call.started');
  const dial1 = 'CallFrom=0980&CallTo=0804&Direction=incoming&DialWhomNumber=0999&Status=busy&EventType=Dial';
  expect((await fetch(`${urlOf('status')}?CallSid=CB-23&${dial1}`)).status).toBe(200);
  expect(recordOf('CB-23', await gateway.events('CB-23')).status).toBe('in_progress');
  socket.send(frames.stop);
  const record = recordOf('CB-23', await gateway.eventsUntil('CB-23', 'call.ended'));
  expect(record).toMatchObject({ status: 'completed', endReason: 'callended' });
  expect(record.legs).toMatchObject([{ number: '0999', status: 'busy', event: 'Dial' }]);
});

test('the record of a passthru has the throttled stream, and no credential from its URL', async () => {
  const stream = {
    Status: 'failed',
    DisconnectedBy: 'NA',
    DetailedStatus: 'Streaming_call_throttled',
    StreamUrl: 'wss://user:hunter2@calls.example/exotel/stream?token=hunter3',
  };
  const query = new URLSearchParams({ CallSid: 'CB-4', Stream: JSON.stringify(stream) });
  expect((await fetch(`${urlOf('passthru')}?${query.toString()}`)).status).toBe(200);
  const events = await gateway.events('CB-4');
  expect(events[0]).toMatchObject({
    data: { status: 'in_progress', error: 'Streaming_call_throttled', streamStatus: 'failed' },
  });
  expect(JSON.stringify(events)).not.toMatch(/hunter/);
});

describe('a passthru that does not name a call', () => {
  const send = (query: Record<string, string>, of = gateway) =>
    fetch(`${urlOf('passthru', { of })}?${new URLSearchParams(query).toString()}`);
  const failed = { 'Stream[Status]': 'failed', 'Stream[Error]': '3009 failed to establish ws conn' };

  test('belongs to the call of its stream, at every gateway', async () => {
    const other = await startTestGateway({
      ...{ WEBHOOK_SECRET: SECRET, KEY_PREFIX: gateway.space.prefix, INSTANCE: 'other' },
    });
    try {
      const frames = framesOf({ callSid: 'CB-20', streamSid: 'ST-20' });
      const socket = await dial(gateway.url);
      socket.send(frames.start, frames.stop);
      await gateway.eventsUntil('CB-20', 'call.ended');
      for (const to of [gateway, other]) {
        const answer = await send({ 'Stream[StreamSID]': 'ST-20', CallSid: 'None', ...failed }, to);
        expect(answer.status).toBe(200);
        expect(await answer.json()).toEqual({ status: to === gateway ? 'recorded' : 'duplicate' });
      }
      const reported = (await gateway.events('CB-20')).filter(({ type }) => type === 'call.status_reported');
      expect(reported).toMatchObject([{ data: { streamSid: 'ST-20', streamStatus: 'failed' } }]);
    } finally {
      await other.stop();
    }
  });

  test('is not given to the call of another tenant with a stream of that name', async () => {
    const [acme, rival] = [testTenant('acme'), testTenant('rival')];
    const of = await startTestGateway({}, [acme.tenant, rival.tenant]);
    try {
      const socket = await dial(of.url.replace('//', `//acme:${acme.secrets.stream}@`));
      socket.send(framesOf({ callSid: 'CB-21', streamSid: 'ST-21' }).start);
      await waitUntil(async () => (await of.events('CB-21', 'acme')).length > 0, { what: 'the call began' });
      const url = urlOf('passthru', { secret: rival.secrets.webhook, of });
      const answer = await fetch(`${url}?Stream[StreamSID]=ST-21&Stream[Status]=completed`);
      expect(await answer.json()).toEqual({ status: 'unplaced' });
      expect(await of.events('CB-21', 'acme')).toHaveLength(1);
      expect(await of.events('stream-ST-21', 'rival')).toHaveLength(1);
      socket.socket.terminate();
    } finally {
      await of.stop();
    }
  });

  test('of no known stream is kept under an id of its own, counted, and answered 200', async () => {
    const unknown = { 'Stream[StreamSID]': 'ST-unknown', ...failed };
    for (const query of [unknown, unknown, { CallFrom: PHONE, CallType: 'incomplete' }, {}]) {
      const answer = await send(query);
      expect([answer.status, await answer.json()]).toEqual([200, { status: 'unplaced' }]);
    }
    expect(await gateway.events('stream-ST-unknown')).toHaveLength(1);
    const [key] = (await gateway.streams()).filter((name) => name.includes('/unplaced-'));
    expect(key).toBeDefined();
    const count = await gateway.metric('gateway_callbacks_total{kind="passthru",fate="unplaced"');
    expect(count).toBe(4);
    const lines = () => gateway.logLines.filter(({ event }) => event === 'passthru_unplaced');
    await waitUntil(() => lines().length > 0, { what: 'it is logged' });
    expect(lines()).toHaveLength(1);
  });

  test('and can not be read is answered 200, because a caller waits for it', async () => {
    const broken = await postJson(urlOf('passthru'), '{"CallSid":');
    expect([broken.status, await broken.json()]).toMatchObject([
      200,
      { status: 'refused', error: { code: 'not_json' } },
    ]);
    const large = await postJson(urlOf('passthru'), { CallSid: 'CB-22', x: 'x'.repeat(70_000) });
    expect(large.status).toBe(200);
  });
});

describe('messages that are refused', () => {
  test('a HEAD is 405, and records nothing', async () => {
    const url = `${urlOf('status')}?CallSid=CB-head&Status=busy`;
    expect((await fetch(url, { method: 'HEAD' })).status).toBe(405);
    expect(await gateway.events('CB-head')).toEqual([]);
  });

  const form = (text: string) => ({ method: 'POST', body: new URLSearchParams(text) });

  test.each([
    ['an unknown secret', 404, 'unknown_webhook', () => fetch(urlOf('status', { secret: `${SECRET}x` }))],
    [
      'an encoded secret',
      404,
      'unknown_webhook',
      () => fetch(urlOf('status', { secret: SECRET.replace('t', '%74') })),
    ],
    ['another kind', 404, 'not_found', () => fetch(urlOf('other'))],
    ['another method', 405, 'method_not_allowed', () => fetch(urlOf('status'), { method: 'PUT', body: 'x' })],
    ['no call sid', 400, 'no_call_sid', () => fetch(urlOf('status'), form(`From=${PHONE}&Status=busy`))],
    [
      'a call called None',
      400,
      'no_call_sid',
      () => fetch(urlOf('status'), form('CallSid=None&Status=busy')),
    ],
    [
      'a call sid of control characters',
      400,
      'invalid_call_sid',
      () => postJson(urlOf('status'), { CallSid: 'a\u0000b', From: PHONE }),
    ],
    ['broken JSON', 400, 'not_json', () => postJson(urlOf('status'), `{"From":"${PHONE}"`)],
    [
      'a body that is too large',
      413,
      'too_large',
      () => fetch(urlOf('status'), form(`From=${PHONE}&x=${'x'.repeat(70_000)}`)),
    ],
  ] as const)('%s: %d %s', async (_what, status, code, ask) => {
    const response = await ask();
    const text = await response.text();
    expect(response.status).toBe(status);
    expect(JSON.parse(text)).toMatchObject({ error: { code } });
    expect(text).not.toContain(PHONE.slice(3));
    expect(text).not.toContain(SECRET);
  });

  test('a valid secret from an address that is not listed gets the same 404, and nothing is stored', async () => {
    const own = await startTestGateway({
      WEBHOOK_SECRET: SECRET,
      WEBHOOK_ADDRESSES: '203.0.113.0/24',
      TRUSTED_PROXIES: '127.0.0.1',
    });
    const from = (hops?: string) =>
      fetch(`${urlOf('status', { of: own })}?${new URLSearchParams(terminal('CB-8')).toString()}`, {
        headers: hops === undefined ? {} : { 'x-forwarded-for': hops },
      });
    try {
      const unknown = await fetch(urlOf('status', { of: own, secret: `${SECRET}x` }));
      const refusal = await unknown.text();
      for (const hops of [undefined, '198.51.100.7', '203.0.113.9, 198.51.100.7', 'no address']) {
        const response = await from(hops);
        expect([response.status, await response.text()]).toEqual([404, refusal]);
      }
      expect(await own.events('CB-8')).toEqual([]);
      expect((await from('198.51.100.7, 203.0.113.9')).status).toBe(200);
    } finally {
      await own.stop();
    }
  });

  test('without a secret set there is no webhook', async () => {
    const own = await startTestGateway();
    try {
      for (const secret of [SECRET, 'undefined', '%20']) {
        expect((await postJson(urlOf('status', { of: own, secret }), terminal('CB-5'))).status).toBe(404);
      }
      expect(await own.events('CB-5')).toEqual([]);
    } finally {
      await own.stop();
    }
  });
});

test('without Redis it is answered 503 and resent by the carrier, and with a spool it is answered 200 and delivered', async () => {
  const redis = await startRedisForTest();
  const spoolDir = await mkdtemp(path.join(tmpdir(), 'turnlog-test-spool-'));
  const env = { REDIS_URL: redis.url, WEBHOOK_SECRET: SECRET, FLUSH_DEADLINE_MS: '500' };
  const bare = await startTestGateway(env);
  const spooling = await startTestGateway({ ...env, SPOOL_DIR: spoolDir, INSTANCE: 'spooling' });
  try {
    await redis.crash();
    const began = performance.now();
    const refused = await postJson(urlOf('status', { of: bare }), terminal('CB-6'));
    expect([refused.status, refused.headers.get('retry-after')]).toEqual([503, '2']);
    expect(performance.now() - began).toBeLessThan(10_000);
    expect((await postJson(urlOf('status', { of: spooling }), terminal('CB-7'))).status).toBe(200);
    await redis.start();
    await spooling.eventsUntil('CB-7', 'recording.available', 15_000);
    await waitUntil(async () => (await postJson(urlOf('status', { of: bare }), terminal('CB-6'))).ok, {
      what: 'the callback is taken',
    });
  } finally {
    await spooling.stop();
    await bare.stop();
    await redis.close();
    await rm(spoolDir, { recursive: true, force: true });
  }
});

test('no log line contains a phone number or a secret', () => {
  const lines = JSON.stringify(gateway.logLines);
  expect(lines).not.toContain(PHONE.slice(3));
  expect(lines).not.toContain(SECRET);
});
