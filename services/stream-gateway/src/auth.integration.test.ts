import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { createTenantCopy, revokeTenant } from '@turnlog/tenants';
import { waitUntil } from '@turnlog/test-kit';
import { askUpgrade, basic, type UpgradeAnswer } from './testing/ask-upgrade.ts';
import { framesOf } from './testing/frames.ts';
import { startTestGateway, type TestGateway } from './testing/test-gateway.ts';
import { rotated, testTenant, type TestTenant } from './testing/test-tenant.ts';

const PROXY = '127.0.0.1/32';
const INSIDE = '203.0.113.7';

const acme = testTenant('acme', { addresses: ['203.0.113.0/24'] });
const oldOther = testTenant('other', { addresses: ['198.51.100.0/24'] });
const other = rotated(oldOther, 'stream');
const revoked = testTenant('revoked', { addresses: ['192.0.2.0/24'] });
const ambiguous = testTenant('ambiguous', { addresses: ['198.51.100.0/25'] });

let gateway: TestGateway;

beforeAll(async () => {
  const gone = revokeTenant('revoked', revoked.tenant, 0).tenant;
  gateway = await startTestGateway(
    {
      TRUSTED_PROXIES: PROXY,
      PUBLIC_URL: 'wss://calls.example.com',
      ALLOWED_ORIGINS: 'https://allowed.example',
    },
    [acme.tenant, other.tenant, ambiguous.tenant, gone],
  );
});

afterAll(async () => {
  await gateway.stop();
});

async function outcome(answer: Promise<UpgradeAnswer>): Promise<string> {
  const { status, socket, ...refusal } = await answer;
  socket?.terminate();
  return 'code' in refusal ? `${status} ${refusal.code}` : String(status);
}

const swapped = (secret: string, last: string): string => secret.slice(0, -1) + last;
const wrong = (secret: string): string => swapped(secret, secret.endsWith('A') ? 'B' : 'A');

const STREAMS: readonly (readonly [string, Record<string, string>, string])[] = [
  ['nothing', {}, '401 unauthorized'],
  ['the stream secret', basic(acme.secrets.stream), '101'],
  ['the stream secret under any name', basic(acme.secrets.stream, 'other'), '101'],
  ['a wrong secret', basic(wrong(acme.secrets.stream)), '401 unauthorized'],
  ['an api secret', basic(acme.secrets.api), '401 unauthorized'],
  ['the stream secret as a bearer', { authorization: `Bearer ${acme.secrets.stream}` }, '401 unauthorized'],
  ['the secret of a revoked tenant', basic(revoked.secrets.stream), '401 unauthorized'],
  ['the secret before a rotation', basic(oldOther.secrets.stream), '101'],
  ['the secret after a rotation', basic(other.secrets.stream), '101'],
  ['a header that is no credential', { authorization: 'Basic' }, '401 unauthorized'],
  ['a name without a password', basic(''), '401 unauthorized'],
  ['an allowed address', { 'x-forwarded-for': INSIDE }, '101'],
  ['an allowed address and a wrong secret', { 'x-forwarded-for': INSIDE, ...basic('x') }, '401 unauthorized'],
  [
    'an allowed address that the client wrote itself',
    { 'x-forwarded-for': `${INSIDE}, 8.8.8.8` },
    '401 unauthorized',
  ],
  ['an address that is none', { 'x-forwarded-for': 'unknown' }, '401 unauthorized'],
  ['an address that no tenant allows', { 'x-forwarded-for': '8.8.8.8' }, '401 unauthorized'],
  ['an address that two tenants allow', { 'x-forwarded-for': '198.51.100.9' }, '401 unauthorized'],
  ['the address of a revoked tenant', { 'x-forwarded-for': '192.0.2.1' }, '401 unauthorized'],
  ['an Origin', { ...basic(acme.secrets.stream), origin: 'https://evil.example' }, '403 origin_not_allowed'],
  ['an Origin that is allowed', { ...basic(acme.secrets.stream), origin: 'https://allowed.example' }, '101'],
];

test.each(STREAMS)('a stream with %s is answered', async (_what, headers, expected) => {
  expect(await outcome(askUpgrade(gateway.url, headers))).toBe(expected);
});

test('a refusal names the accepted credentials, and no more', async () => {
  const refused = await askUpgrade(gateway.url, basic(wrong(acme.secrets.stream)));
  if (refused.status === 101) throw new Error('it was let in');
  expect(refused).toMatchObject({
    headers: { 'www-authenticate': 'Basic realm="turnlog"', connection: 'close' },
  });
});

test('after all these refusals nothing is written of any call', async () => {
  for (const [, headers, expected] of STREAMS) {
    if (expected !== '101') await outcome(askUpgrade(`${gateway.url}?call_sid=CA-refused`, headers));
  }
  expect(await gateway.streams()).toEqual([]);
});

describe('over HTTP', () => {
  const message = { event: 'turn', id: 't1', turn: { speaker: 'user', text: 'hello' } };
  const bearer = (secret: string) => ({ authorization: `Bearer ${secret}` });

  test.each([
    ['nothing', {}, 401],
    ['a wrong secret', bearer(wrong(acme.secrets.api)), 401],
    ['a stream secret', bearer(acme.secrets.stream), 401],
    ['an api secret as Basic', basic(acme.secrets.api), 401],
    ['the secret of a revoked tenant', bearer(revoked.secrets.api), 401],
    ['an allowed address', { 'x-forwarded-for': INSIDE }, 401],
    ['an Origin', { ...bearer(acme.secrets.api), origin: 'https://evil.example' }, 403],
  ])('an event with %s is refused, and nothing is written', async (_what, headers, status) => {
    const before = await gateway.streams();
    expect((await gateway.post('CA-http', message, headers)).status).toBe(status);
    expect(await gateway.streams()).toEqual(before);
  });

  test("a call sid of another tenant reaches nothing of theirs: it is the sender's own call", async () => {
    const theirs = { ...message, turn: { speaker: 'user', text: 'theirs' } };
    expect((await gateway.post('CA-same', theirs, bearer(other.secrets.api))).status).toBe(202);
    expect((await gateway.post('CA-same', message, bearer(acme.secrets.api))).status).toBe(202);
    expect(await gateway.events('CA-same', 'other')).toHaveLength(1);
    expect(await gateway.events('CA-same', 'acme')).toMatchObject([{ data: { text: 'hello' } }]);
    expect(await gateway.events('CA-same', 'default')).toEqual([]);
  });
});

test('a stream belongs to the tenant of its credentials, whatever its frames and its URL contain', async () => {
  const frames = framesOf({ callSid: 'CA-claims', customParameters: { tenant: 'other' } });
  const { socket } = await askUpgrade(`${gateway.url}?tenant=other`, basic(acme.secrets.stream));
  socket?.send(frames.start);
  await waitUntil(async () => (await gateway.events('CA-claims', 'acme')).length > 0, {
    what: 'it is recorded',
  });
  expect(await gateway.events('CA-claims', 'other')).toEqual([]);
  socket?.terminate();
});

describe('a URL from /exotel/url', () => {
  const ask = (query = '', init: RequestInit = {}) =>
    fetch(`${gateway.httpUrl}/exotel/url${query}`, { headers: basic(acme.secrets.stream), ...init });

  /** The URL that was answered, by way of this test. */
  async function urlOf(response: Promise<Response>): Promise<string> {
    const { url } = (await (await response).json()) as { url: string };
    expect(url).toMatch(/^wss:\/\/calls\.example\.com\/exotel\/stream\/tl_token_/);
    return url.replace('wss://calls.example.com', `ws://127.0.0.1:${gateway.port}`);
  }

  async function dialled(url: string) {
    const { socket } = await askUpgrade(url);
    if (socket === undefined) throw new Error('it was refused');
    return socket;
  }

  test('admits its call once, and keeps the parameters of the configured URL', async () => {
    const ofCarrier = 'CallSid=CA-bound&CallFrom=0980&From=0980&To=0804&Direction=incoming&flow_id=9';
    const own = 'sample-rate=16000&applet=stream&campaign=diwali&lead-id=a%26b&api_key=hunter2';
    const url = await urlOf(ask(`?${ofCarrier}&${own}`));
    expect(new URL(url).search).toBe('?sample-rate=16000&applet=stream&campaign=diwali&lead-id=a%26b');
    const socket = await dialled(url);
    socket.send(framesOf({ callSid: 'CA-bound', sampleRate: 16_000 }).start);
    await waitUntil(async () => (await gateway.events('CA-bound', 'acme')).length > 0, {
      what: 'it is recorded',
    });
    const [started] = await gateway.events('CA-bound', 'acme');
    expect(started).toMatchObject({
      data: {
        ...{ applet: 'stream', sampleRate: 16_000 },
        customParameters: { campaign: 'diwali', 'lead-id': 'a&b' },
      },
    });
    expect(await outcome(askUpgrade(url))).toBe('401 unauthorized');
    socket.terminate();
  });

  test.each([
    ['a form', 'CallSid=CA-named&From=%2B9198', 'application/x-www-form-urlencoded'],
    ['JSON', '{"CallSid":"CA-named"}', 'application/json'],
    [
      'multipart',
      '--b\r\ncontent-disposition: form-data; name="CallSid"\r\n\r\nCA-named\r\n--b--\r\n',
      'multipart/form-data; boundary=b',
    ],
  ])('is for the call that %s names, and refuses another one', async (_what, body, contentType) => {
    const headers = { ...basic(acme.secrets.stream), 'content-type': contentType };
    const socket = await dialled(await urlOf(ask('', { method: 'POST', body, headers })));
    const closed = new Promise((resolve) => socket.once('close', resolve));
    socket.send(framesOf({ callSid: 'CA-stolen' }).start);
    expect(await closed).toBe(1008);
    expect(await gateway.events('CA-stolen', 'acme')).toEqual([]);
    expect(await gateway.events('CA-named', 'acme')).toEqual([]);
  });

  test('is for any call of the tenant if it names none', async () => {
    const socket = await dialled(await urlOf(ask()));
    socket.send(framesOf({ callSid: 'CA-any' }).start);
    await waitUntil(async () => (await gateway.events('CA-any', 'acme')).length > 0, {
      what: 'it is recorded',
    });
    socket.terminate();
  });

  test('admits one of two concurrent streams', async () => {
    const url = await urlOf(ask('?CallSid=CA-raced'));
    // Admitted sockets stay open until the test ends.
    const answers = await Promise.all([1, 2, 3, 4].map(() => askUpgrade(url)));
    expect(answers.filter(({ status }) => status === 101)).toHaveLength(1);
    for (const { socket } of answers) socket?.terminate();
  });

  test('can be used again if the stream was not opened, because Exotel tries a failed handshake twice', async () => {
    const url = await urlOf(ask('?CallSid=CA-again'));
    (await dialled(url)).terminate();
    await waitUntil(async () => (await outcome(askUpgrade(url))) === '101', { what: 'it is let in again' });
  });

  test('is in Redis as a hash, for a short time', async () => {
    const url = await urlOf(ask('?CallSid=CA-hashed'));
    const [, token = ''] = /(tl_token_[\w-]+)/.exec(url) ?? [];
    const keys = await gateway.redis.keys(`${gateway.space.prefix}stream-token:*`);
    const texts = await Promise.all(keys.map(async (key) => `${key} ${await gateway.redis.get(key)}`));
    expect(texts.join('\n')).toContain('CA-hashed');
    expect(texts.join('\n')).not.toContain(token.slice(-20));
    for (const key of keys) expect(await gateway.redis.pttl(key)).toBeLessThanOrEqual(60_000);
  });

  test.each([
    ['no credentials', {}, 401],
    ['an api secret', basic(acme.secrets.api), 401],
    ['an allowed address', { 'x-forwarded-for': INSIDE }, 200],
    ['an Origin', { ...basic(acme.secrets.stream), origin: 'https://evil.example' }, 403],
  ])('is answered with %s: see the status', async (_what, headers, status) => {
    expect((await ask('', { headers })).status).toBe(status);
  });

  test.each(['tl_token_', 'tl_token_0123456789ab_wrong', `tl_token_0123456789ab_${'x'.repeat(43)}`])(
    'that is made up (%s) opens nothing',
    async (token) => {
      expect(await outcome(askUpgrade(`${gateway.url}/${token}`))).toMatch(/^40[14] /);
    },
  );
});

test('a tenant that is revoked while the gateway runs is refused, and its call in progress goes on', async () => {
  const late = testTenant('late');
  const copy = createTenantCopy(gateway.redis, gateway.space);
  await copy.write([late.tenant]);
  const isLetIn = async () => (await outcome(askUpgrade(gateway.url, basic(late.secrets.stream)))) === '101';
  await waitUntil(isLetIn, { what: 'it is let in' });
  const { socket } = await askUpgrade(gateway.url, basic(late.secrets.stream));
  await copy.write([{ ...revokeTenant('late', late.tenant, 0).tenant, revision: 2 }]);
  await waitUntil(async () => !(await isLetIn()), { what: 'it is let in no more' });
  socket?.send(framesOf({ callSid: 'CA-goes-on' }).start);
  await waitUntil(async () => (await gateway.events('CA-goes-on', 'late')).length > 0, {
    what: 'it is recorded',
  });
  socket?.terminate();
});

test('no log, metric or answer contains a secret or a token', async () => {
  const texts = [acme, oldOther, other, revoked].flatMap(({ secrets }: TestTenant) => Object.values(secrets));
  const url = `${gateway.url}/${acme.secrets.stream.replace('tl_stream', 'tl_token')}?x=${acme.secrets.api}`;
  await outcome(askUpgrade(url, basic(acme.secrets.api)));
  await outcome(askUpgrade(gateway.url.replace('exotel', acme.secrets.stream)));
  const metrics = await (await fetch(`${gateway.opsUrl}/metrics`)).text();
  const said = `${JSON.stringify(gateway.logLines)}\n${metrics}`;
  const leaked = texts.filter((text) => said.includes(text.split('_').slice(3).join('_')));
  expect(leaked).toEqual([]);
  expect(said).not.toMatch(/tl_(?:stream|api|webhook|token)_[0-9a-f]{12}_/);
});
