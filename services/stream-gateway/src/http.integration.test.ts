import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { startRedisForTest, waitUntil } from '@turnlog/test-kit';
import { once } from 'node:events';
import { type IncomingMessage } from 'node:http';
import { connect } from 'node:net';
import { WebSocket } from 'ws';
import { eventOf, startTestGateway, type TestGateway } from './testing/test-gateway.ts';

let gateway: TestGateway;

beforeAll(async () => {
  gateway = await startTestGateway();
});

afterAll(async () => {
  await gateway.stop();
});

const turn = (id: string, text = 'Around 50 lakhs') => ({
  event: 'turn',
  id,
  turn: { speaker: 'user', text, timestamp: '2026-01-25T11:15:25.120Z' },
});

async function refusal(url: string): Promise<{ status: number; body: unknown }> {
  const socket = new WebSocket(url);
  socket.on('error', () => undefined);
  const [, response] = (await once(socket, 'unexpected-response')) as [unknown, IncomingMessage];
  const chunks = (await response.toArray()) as Buffer[];
  return { status: response.statusCode ?? 0, body: JSON.parse(Buffer.concat(chunks).toString()) as unknown };
}

test('one message is one event, and its repeat a duplicate of it', async () => {
  const first = await gateway.post('CA-one', turn('t1'));
  expect(first.status).toBe(202);
  expect(await first.json()).toEqual({ results: [{ id: 't1', status: 'appended', seq: 1 }] });
  const second = await gateway.post('CA-one', turn('t1'));
  expect(await second.json()).toEqual({ results: [{ id: 't1', status: 'duplicate', seq: 1 }] });
  const [event] = await gateway.events('CA-one');
  expect(event).toMatchObject({
    id: 'turn:t1',
    source: 'http:test',
    at: '2026-01-25T11:15:25.120Z',
    data: { speaker: 'user', text: 'Around 50 lakhs' },
  });
});

test('a thousand messages of one request keep their order', async () => {
  const messages = Array.from({ length: 1000 }, (_, index) => turn(`t${index}`, `word ${index}`));
  const { results } = (await (await gateway.post('CA-many', messages)).json()) as {
    results: { seq: number }[];
  };
  expect(results.map(({ seq }) => seq)).toEqual(messages.map((_, index) => index + 1));
  const events = await gateway.events('CA-many');
  expect(events.map(({ id }) => id)).toEqual(messages.map(({ id }) => `turn:${id}`));
});

test('bad messages are rejected one by one, the good ones among them are stored', async () => {
  const response = await gateway.post('CA-mixed', [
    turn('ok'),
    { event: 'turn', id: 'bad', turn: { speaker: 'user' } },
    { event: 'nonsense', id: 'odd' },
    7,
    { event: 'stage', stage: 'closing' },
  ]);
  expect(response.status).toBe(207);
  const { results } = (await response.json()) as { results: Record<string, unknown>[] };
  expect(results.map(({ status }) => status)).toEqual([
    'appended',
    'rejected',
    'rejected',
    'rejected',
    'appended',
  ]);
  expect(results[1]).toMatchObject({ id: 'bad', error: { code: 'invalid_message' } });
  expect(JSON.stringify(results[1])).toContain('turn.text');
  expect(results[2]).toMatchObject({ id: 'odd', error: { code: 'unknown_event' } });
  expect(results[3]).toMatchObject({ error: { code: 'not_an_object' } });
  expect(typeof results[4]?.['id']).toBe('string');
});

test('ended ends a call over HTTP alone, and has no other fields', async () => {
  const ended = { event: 'ended', id: 'end', timestamp: '2026-01-25T11:16:00Z' };
  const response = await gateway.post('CA-ended', [turn('t1'), ended, { ...ended, id: 'more', reason: 'x' }]);
  expect(await response.json()).toMatchObject({
    results: [
      { status: 'appended' },
      { id: 'end', status: 'appended' },
      { id: 'more', status: 'rejected', error: { code: 'invalid_message' } },
    ],
  });
  expect(await gateway.events('CA-ended')).toMatchObject([
    { type: 'turn.completed' },
    {
      type: 'call.disconnected',
      at: '2026-01-25T11:16:00.000Z',
      data: { connectionId: 'http', reason: 'agent_hung_up' },
    },
  ]);
});

test('nothing but bad messages is 422', async () => {
  expect((await gateway.post('CA-bad', [{ event: 'turn' }, {}])).status).toBe(422);
});

test.each([
  ['not JSON', 400, 'not_json', () => gateway.post('CA-x', 'no json')],
  ['a call sid with control characters', 400, 'invalid_call_sid', () => gateway.post('a\u0000b', {})],
  [
    'a path that is not URL-encoded',
    400,
    'invalid_call_sid',
    () => fetch(`${gateway.httpUrl}/v1/calls/%E0%A4%A/events`, { method: 'POST', body: '{}' }),
  ],
  ['a call sid that is too long', 400, 'invalid_call_sid', () => gateway.post('x'.repeat(129), {})],
  [
    'more than 1000 messages',
    413,
    'too_many',
    () =>
      gateway.post(
        'CA-x',
        Array.from({ length: 1001 }, () => ({})),
      ),
  ],
  ['a body that is too large', 413, 'too_large', () => gateway.post('CA-x', ' '.repeat(8 * 1024 * 1024 + 1))],
  [
    'another method',
    405,
    'method_not_allowed',
    () => fetch(`${gateway.httpUrl}/v1/calls/CA-x/events`, { method: 'PUT', body: '{}' }),
  ],
] as const)('%s is answered %d %s', async (_what, status, code, ask) => {
  const response = await ask();
  expect(response.status).toBe(status);
  expect(await response.json()).toMatchObject({ error: { code } });
});

test.each(['CA/ü 1', 'CA%41', 'x'.repeat(128)])(
  'the call sid %s in the path is URL-decoded once',
  async (callSid) => {
    expect((await gateway.post(callSid, turn('t1'))).status).toBe(202);
    expect(await gateway.events(callSid)).toHaveLength(1);
  },
);

test.each(['application/json', 'text/plain', 'json', 'a/b; c', ''])(
  'a body is taken whatever type it claims, such as %p',
  async (type) => {
    const response = await gateway.post('CA-type', turn(`type-${type}`), { 'content-type': type });
    expect(response.status).toBe(202);
  },
);

test('a client that disconnects during a body affects only its own request', async () => {
  const socket = connect(gateway.port, '127.0.0.1');
  socket.write('POST /v1/calls/CA-gone/events HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n{"event":');
  await once(socket, 'connect');
  socket.destroy();
  expect((await gateway.post('CA-gone', turn('t1'))).status).toBe(202);
  expect(await gateway.events('CA-gone')).toHaveLength(1);
});

test.each([
  ['DELETE', '/v1/calls/CA-x/events', 'POST'],
  ['POST', '/openapi.json', 'GET'],
  ['PUT', '/exotel/url/', 'GET, POST'],
  ['DELETE', '/media', 'GET'],
])('%s of %s is answered 405 with the methods that there are', async (method, path, allow) => {
  const response = await fetch(gateway.httpUrl + path, { method });
  expect([response.status, response.headers.get('allow')]).toEqual([405, allow]);
  expect(await response.json()).toMatchObject({ error: { code: 'method_not_allowed' } });
});

test('a path that can not be decoded and has no endpoint is 404', async () => {
  expect((await fetch(`${gateway.httpUrl}/nothing/%E0%A4%A`)).status).toBe(404);
});

test('an unknown path is 404 with a list of the endpoints', async () => {
  const response = await fetch(`${gateway.httpUrl}/nothing`);
  expect(response.status).toBe(404);
  expect(JSON.stringify(await response.json())).toContain('/exotel/stream');
});

test('a stream path without an upgrade is 426', async () => {
  expect((await fetch(`${gateway.httpUrl}/media`)).status).toBe(426);
});

test('an upgrade elsewhere is refused with 404 and a reason', async () => {
  const { status, body } = await refusal(`ws://127.0.0.1:${gateway.port}/elsewhere`);
  expect(status).toBe(404);
  expect(body).toMatchObject({ error: { code: 'not_found' } });
});

test('health, readiness and metrics are served on HEALTH_PORT, and only there', async () => {
  for (const path of ['/healthz', '/readyz', '/metrics']) {
    expect((await fetch(`${gateway.opsUrl}${path}`)).status).toBe(200);
    expect((await fetch(`${gateway.httpUrl}${path}`)).status).toBe(404);
  }
});

test('NUL and lone surrogates become U+FFFD, and the message is kept as it came', async () => {
  await gateway.post(
    'CA-nul',
    '{"event":"turn","id":"n","turn":{"speaker":"user","text":"a\\u0000b\\ud83d"}}',
  );
  const turnEvent = eventOf(await gateway.events('CA-nul'), 'turn.completed');
  expect(turnEvent.data.text).toBe('a\uFFFDb\uFFFD');
  const original = Buffer.from(turnEvent.original ?? '', 'base64').toString();
  expect((JSON.parse(original) as { turn: { text: string } }).turn.text).toBe('a\u0000b\uD83D');
});

test('without Redis events are answered 503 with Retry-After and streams are refused, and both work again afterwards', async () => {
  const redis = await startRedisForTest();
  const own = await startTestGateway({ REDIS_URL: redis.url });
  try {
    await redis.crash();
    const response = await own.post('CA-away', [turn('t1'), { event: 'nonsense' }]);
    expect(response.status).toBe(503);
    expect(response.headers.get('retry-after')).toBe('2');
    expect(await response.json()).toMatchObject({ error: { code: 'unavailable' } });
    expect((await fetch(`${own.opsUrl}/readyz`)).status).toBe(503);
    expect(await refusal(own.url)).toMatchObject({ status: 503, body: { error: { code: 'not_ready' } } });
    await redis.start();
    await waitUntil(async () => (await own.post('CA-away', turn('t1'))).status === 202, {
      what: 'events are taken again',
    });
    expect(await own.events('CA-away')).toHaveLength(1);
  } finally {
    await own.stop();
    await redis.close();
  }
});
