import { expect, test } from '@jest/globals';
import { createTenantCopy } from '@turnlog/tenants';
import { waitUntil } from '@turnlog/test-kit';
import { askUpgrade, basic } from './testing/ask-upgrade.ts';
import { networkInterfaces } from 'node:os';
import { framesOf } from './testing/frames.ts';
import { type TestGateway } from './testing/test-gateway.ts';
import { testTenant } from './testing/test-tenant.ts';
import { openGateway } from './testing/open.ts';

const WEBHOOK_SECRET = 'the-webhook-secret-of-this-test';

/** An address of this machine that is not loopback: the peer of a connection to it is not loopback either. */
const elsewhere = Object.values(networkInterfaces())
  .flat()
  .find((address) => address?.internal === false && address.family === 'IPv4')?.address;
const testElsewhere = elsewhere === undefined ? test.skip : test;

const linesWith = ({ logLines }: TestGateway, text: string) =>
  logLines.filter(({ msg }) => typeof msg === 'string' && msg.includes(text));

const stage = JSON.stringify({ event: 'stage', stage: 'closing' });
const REQUESTS: readonly (readonly [string, string, RequestInit?])[] = [
  ['an event', '/v1/calls/CA1/events', { method: 'POST', body: stage }],
  ['a request for a URL', '/exotel/url'],
  ['a callback', `/webhooks/exotel/status/${WEBHOOK_SECRET}?CallSid=CA1&Status=completed`],
  ['the OpenAPI document', '/openapi.json'],
  ['an unknown path', '/nothing'],
];

testElsewhere(
  'without a tenant a peer that is not this machine is refused, whatever it asks for, until there is one',
  async () => {
    const gateway = await openGateway({
      HOST: '0.0.0.0',
      WEBHOOK_SECRET,
      PUBLIC_URL: 'wss://calls.example.com',
    });
    const base = `http://${String(elsewhere)}:${gateway.port}`;
    const stream = gateway.url.replace('127.0.0.1', String(elsewhere));
    for (const [what, path, init] of REQUESTS) {
      const response = await fetch(base + path, init);
      const { error } = (await response.json()) as { error: { code: string } };
      expect([what, response.status, error.code]).toEqual([what, 403, 'not_local']);
    }
    expect(await askUpgrade(stream)).toMatchObject({ status: 403, code: 'not_local' });
    expect(await gateway.streams()).toEqual([]);
    await waitUntil(() => linesWith(gateway, 'no tenant exists').length > 0, { what: 'it logs why' });
    expect(linesWith(gateway, 'no tenant exists')).toMatchObject([
      { host: '0.0.0.0', todo: 'turnlog tenants add <name>' },
    ]);

    const frames = framesOf();
    const open = await askUpgrade(gateway.url);
    open.socket?.send(frames.start);
    await gateway.eventsUntil(frames.callSid, 'call.started');

    const acme = testTenant('acme');
    await createTenantCopy(gateway.redis, gateway.space).write([acme.tenant]);
    const accepted = await waitUntil(
      async () => (await askUpgrade(stream, basic(acme.secrets.stream))).socket,
      { what: 'streams from elsewhere are accepted' },
    );
    expect((await askUpgrade(gateway.url)).status).toBe(401);

    open.socket?.send(frames.stop);
    await gateway.eventsUntil(frames.callSid, 'call.ended');
    expect(linesWith(gateway, 'no tenant exists')).toHaveLength(1);
    open.socket?.terminate();
    accepted.terminate();
  },
);

testElsewhere('with a tenant it serves other machines from the start', async () => {
  const acme = testTenant('acme');
  const gateway = await openGateway({ HOST: '0.0.0.0' }, [acme.tenant]);
  const stream = gateway.url.replace('127.0.0.1', String(elsewhere));
  const { status, socket } = await askUpgrade(stream, basic(acme.secrets.stream));
  expect(status).toBe(101);
  socket?.terminate();
  expect(linesWith(gateway, 'no tenant exists')).toEqual([]);
});

test('on loopback without a tenant, requests of this machine are admitted, and forwarded ones are not', async () => {
  const gateway = await openGateway();
  const statusOf = async (headers: Record<string, string>) => {
    const { status, socket } = await askUpgrade(gateway.url, headers);
    socket?.terminate();
    return status;
  };
  expect(await statusOf({})).toBe(101);
  expect(await statusOf({ 'x-forwarded-for': '203.0.113.7' })).toBe(403);
  expect(await statusOf({ forwarded: 'for=203.0.113.7' })).toBe(403);
  expect(await statusOf({ origin: 'http://localhost:3000' })).toBe(403);
  const { status } = await gateway.post('CA-page', { event: 'turn' }, { origin: 'https://evil.example' });
  expect(status).toBe(403);
});

test('AUTHENTICATE=always admits no request without a tenant, not even on loopback', async () => {
  const gateway = await openGateway({ AUTHENTICATE: 'always' });
  expect((await askUpgrade(gateway.url)).status).toBe(401);
  expect((await gateway.post('CA-x', { event: 'turn' })).status).toBe(401);
});

test('AUTHENTICATE=never records everything for TENANT, whatever tenants exist', async () => {
  const settings = { AUTHENTICATE: 'never', TENANT: 'mine', PUBLIC_URL: 'ws://127.0.0.1:1' };
  const gateway = await openGateway(settings, [testTenant('acme').tenant]);
  expect((await gateway.post('CA-mine', { event: 'stage', stage: 'closing' })).status).toBe(202);
  expect(await gateway.events('CA-mine', 'mine')).toHaveLength(1);
  const answer = await fetch(`${gateway.httpUrl}/exotel/url?CallSid=CA1`);
  expect(await answer.json()).toEqual({ url: 'ws://127.0.0.1:1/exotel/stream' });
});

test('the start fails on a HOST that this machine does not have', async () => {
  await expect(openGateway({ HOST: '192.0.2.1' }, [testTenant('acme').tenant])).rejects.toThrow(
    'EADDRNOTAVAIL',
  );
});
