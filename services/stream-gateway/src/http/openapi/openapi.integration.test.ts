import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { startRedisForTest } from '@turnlog/test-kit';
import { startTestGateway, type TestGateway } from '../../testing/test-gateway.ts';
import { type OpenApiDocument } from './openapi-document.ts';
import { turn } from '../../testing/messages.ts';

const SECRET = 'the-webhook-secret-of-this-test';

let gateway: TestGateway;
let document: OpenApiDocument;
let ajv: Ajv2020;

beforeAll(async () => {
  gateway = await startTestGateway({
    MAX_EVENTS_PER_SECOND: '1',
    WEBHOOK_SECRET: SECRET,
    PUBLIC_URL: 'wss://calls.example.com',
  });
  document = (await (await fetch(`${gateway.httpUrl}/openapi.json`)).json()) as OpenApiDocument;
  ajv = new Ajv2020();
  ajv.addVocabulary(['openapi', 'info', 'paths', 'components']);
  ajv.addSchema(document, 'openapi.json');
});

afterAll(async () => {
  await gateway.stop();
});

const eventsPath = '/v1/calls/{callSid}/events';

/** Expects that the document describes the status and the body of an answer. */
async function expectAsDocumented(path: string, method: string, response: Response): Promise<unknown> {
  const where = ['paths', path, method, 'responses', String(response.status)];
  const schemaAt = [...where, 'content', 'application/json', 'schema'].map(toPointerStep).join('/');
  const validate = ajv.getSchema(`openapi.json#/${schemaAt}`);
  if (validate === undefined) throw new Error(`${method} ${path} has answered ${response.status}`);
  const body: unknown = await response.json();
  const isValid = validate(body);
  expect([isValid, validate.errors]).toEqual([true, null]);
  return body;
}

/** Reads the body as well: an unread response keeps its connection. */
async function statusOf(answered: Promise<Response>): Promise<number> {
  const response = await answered;
  await response.arrayBuffer();
  return response.status;
}

/** Of a JSON pointer in a URL. */
function toPointerStep(key: string): string {
  return encodeURIComponent(key.replaceAll('~', '~0').replaceAll('/', '~1'));
}

describe('the document', () => {
  test('has for each operation an id of its own, its path parameters, and described responses', () => {
    const operations = Object.entries(document.paths).flatMap(([path, item]) =>
      Object.entries(item).map(([method, operation]) => ({ path, method, operation })),
    );
    expect(document.openapi).toBe('3.1.0');
    expect(document.info).toMatchObject({ title: expect.any(String), version: expect.any(String) });
    const ids = operations.map(({ operation }) => operation['operationId']);
    expect(new Set(ids).size).toBe(operations.length);
    for (const { path, method, operation } of operations) {
      expect(['get', 'post']).toContain(method);
      const named = [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name);
      const parameters = (operation['parameters'] ?? []) as { name: string; in: string; required: boolean }[];
      expect(parameters.map(({ name }) => name)).toEqual(named);
      for (const each of parameters) expect(each).toMatchObject({ in: 'path', required: true });
      const responses = Object.entries(operation['responses'] as Record<string, { description: string }>);
      expect(responses.length).toBeGreaterThan(0);
      for (const [status, { description }] of responses) {
        expect(status).toMatch(/^[1-5]\d\d$/);
        expect(description.length).toBeGreaterThan(0);
      }
    }
  });

  test('resolves every reference, and uses every schema', () => {
    const refs = [...JSON.stringify(document).matchAll(/"\$ref":"([^"]+)"/g)].map(([, ref = '']) => ref);
    const names = refs.map((ref) => /^#\/components\/schemas\/(\w+)$/.exec(ref)?.[1]);
    const { schemas } = document.components;
    for (const name of names) expect(Object.keys(schemas)).toContain(name);
    const unused = Object.keys(schemas).filter((name) => !names.includes(name));
    // The answers on an agent's socket are not in an HTTP answer.
    expect(unused).toEqual(['SocketAnswer']);
  });
});

test('each path of the document exists, and the answer for an unknown path lists exactly those', async () => {
  const missing = await fetch(`${gateway.httpUrl}/nothing`);
  expect(missing.status).toBe(404);
  const { endpoints } = (await missing.json()) as { endpoints: string[] };
  expect([...endpoints].sort()).toEqual([
    'GET /exotel/stream',
    'GET /exotel/url',
    'GET /media',
    'GET /openapi.json',
    'GET /webhooks/exotel/passthru/{secret}',
    'GET /webhooks/exotel/status/{secret}',
    'POST /exotel/url',
    `POST ${eventsPath}`,
    'POST /webhooks/exotel/passthru/{secret}',
    'POST /webhooks/exotel/status/{secret}',
  ]);
  for (const endpoint of endpoints) {
    const [method = '', path = ''] = endpoint.split(' ');
    const where = path.replace('{callSid}', 'CA1').replace('{secret}', SECRET);
    const status = await statusOf(fetch(gateway.httpUrl + where, { method }));
    expect([path, status]).not.toEqual([path, 404]);
    expect(document.paths[path]).toHaveProperty([method.toLowerCase(), 'responses', String(status)]);
  }
});

test.each([
  ['one message', 202, turn('t1')],
  ['its repeat', 202, turn('t1')],
  ['nothing', 202, []],
  ['good and bad messages', 207, [turn('t2'), { event: 'turn', id: 'bad' }]],
  ['bad messages', 422, [{ event: 'nonsense' }, 7]],
  ['what is not JSON', 400, 'no json'],
  ['too many messages', 413, Array.from({ length: 1_001 }, () => ({}))],
])('%s is answered %d, as the document has it', async (_what, status, body) => {
  const response = await gateway.post('CA-documented', body);
  expect(response.status).toBe(status);
  await expectAsDocumented(eventsPath, 'post', response);
});

test('a body that is compressed, and another method, are answered as documented', async () => {
  const url = `${gateway.httpUrl}/v1/calls/CA1/events`;
  const headers = { 'content-encoding': 'gzip' };
  await expectAsDocumented(eventsPath, 'post', await fetch(url, { method: 'POST', headers, body: 'x' }));
  expect(await statusOf(fetch(url))).toBe(405);
});

test('more events a second than a call may have are answered 429 with Retry-After, and none of them is stored', async () => {
  const many = Array.from({ length: 1_000 }, (_, n) => turn(`t${n}`));
  expect(await statusOf(gateway.post('CA-fast', many))).toBe(202);
  // More than may come anew while the first are stored.
  const more = Array.from({ length: 1_000 }, (_, n) => turn(`more-${n}`));
  const response = await gateway.post('CA-fast', more);
  expect(response.status).toBe(429);
  expect(Number(response.headers.get('retry-after'))).toBeGreaterThan(0);
  await expectAsDocumented(eventsPath, 'post', response);
  expect(await gateway.events('CA-fast')).toHaveLength(1_000);
  expect(await statusOf(gateway.post('CA-slow', turn('a')))).toBe(202);
});

test('without Redis the answer is 503, as documented', async () => {
  const redis = await startRedisForTest();
  const own = await startTestGateway({ REDIS_URL: redis.url });
  try {
    await redis.crash();
    const response = await own.post('CA-away', [turn('t1')]);
    expect(response.status).toBe(503);
    expect(response.headers.get('retry-after')).toBe('2');
    await expectAsDocumented(eventsPath, 'post', response);
  } finally {
    await own.stop();
    await redis.close();
  }
});

test('a stream path without an upgrade is answered as documented', async () => {
  for (const path of ['/exotel/stream', '/media']) {
    await expectAsDocumented(path, 'get', await fetch(gateway.httpUrl + path));
  }
});

test.each(['status', 'passthru'])('a %s callback is answered as documented, whatever it is', async (kind) => {
  const path = `/webhooks/exotel/${kind}/{secret}`;
  const base = `${gateway.httpUrl}/webhooks/exotel/${kind}`;
  const fields = `CallSid=CA-${kind}&Status=completed&Stream[Status]=completed&EndTime=2026-01-25 16:46:12`;
  const gzip = { headers: { 'content-encoding': 'gzip' }, body: 'x' };
  const form = (text: string) => ({ body: new URLSearchParams(text) });
  // A caller waits for the answer to a Passthru.
  const refusal = (status: number) => (kind === 'passthru' ? 200 : status);
  const attempts: readonly (readonly [number, string, RequestInit?])[] = [
    [200, `${SECRET}?${fields}`],
    [200, SECRET, form(fields)],
    [refusal(400), SECRET, form('Status=completed')],
    [404, 'wrong', form(fields)],
    [refusal(413), SECRET, form(`${fields}&x=${'x'.repeat(70_000)}`)],
    [refusal(415), SECRET, gzip],
  ];
  for (const [status, where, post] of attempts) {
    const response = await fetch(`${base}/${where}`, post && { method: 'POST', ...post });
    expect([where, response.status]).toEqual([where, status]);
    await expectAsDocumented(path, post === undefined ? 'get' : 'post', response);
  }
});

test('a request for a URL is answered as documented', async () => {
  const url = `${gateway.httpUrl}/exotel/url`;
  const answer = await expectAsDocumented('/exotel/url', 'get', await fetch(`${url}?CallSid=CA1`));
  expect(answer).toEqual({ url: expect.stringMatching(/^wss:\/\/calls\.example\.com\/exotel\/stream/) });
  const large = await fetch(url, { method: 'POST', body: 'x'.repeat(70_000) });
  expect(large.status).toBe(413);
  await expectAsDocumented('/exotel/url', 'post', large);
  const bare = await startTestGateway();
  try {
    await expectAsDocumented('/exotel/url', 'get', await fetch(`${bare.httpUrl}/exotel/url`));
  } finally {
    await bare.stop();
  }
});
