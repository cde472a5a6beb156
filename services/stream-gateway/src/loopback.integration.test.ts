import { afterEach, expect, test } from '@jest/globals';
import { createTenantCopy } from '@turnlog/tenants';
import { waitUntil } from '@turnlog/test-kit';
import { askUpgrade, basic } from './testing/ask-upgrade.ts';
import { framesOf } from './testing/frames.ts';
import { startTestGateway, type TestGateway } from './testing/test-gateway.ts';
import { testTenant } from './testing/test-tenant.ts';

const gateways: TestGateway[] = [];

afterEach(async () => {
  for (const gateway of gateways.splice(0)) await gateway.stop();
});

async function gatewayWith(...args: Parameters<typeof startTestGateway>): Promise<TestGateway> {
  const gateway = await startTestGateway(...args);
  gateways.push(gateway);
  return gateway;
}

/** Another address of this machine, on which only a server that listens everywhere answers. */
const answersElsewhere = ({ port }: TestGateway): Promise<boolean> =>
  fetch(`http://127.0.0.2:${port}/healthz`).then(
    ({ ok }) => ok,
    () => false,
  );

const linesWith = ({ logLines }: TestGateway, text: string) =>
  logLines.filter(({ msg }) => typeof msg === 'string' && msg.includes(text));

test('without a tenant it listens on loopback only, says why once, and moves when there is one', async () => {
  const gateway = await gatewayWith({ HOST: '0.0.0.0' });
  await waitUntil(() => linesWith(gateway, 'there is no tenant').length > 0, { what: 'it says why' });
  expect(linesWith(gateway, 'there is no tenant')).toMatchObject([
    { host: '127.0.0.1', wanted_host: '0.0.0.0', todo: 'turnlog tenants add <name>' },
  ]);
  expect(await answersElsewhere(gateway)).toBe(false);

  const frames = framesOf();
  const open = await askUpgrade(gateway.url);
  open.socket?.send(frames.start);
  await gateway.eventsUntil(frames.callSid, 'call.started');

  const acme = testTenant('acme');
  await createTenantCopy(gateway.redis, gateway.space).write([acme.tenant]);
  await waitUntil(() => answersElsewhere(gateway), { what: 'it listens elsewhere' });
  expect((await askUpgrade(gateway.url)).status).toBe(401);
  const elsewhere = gateway.url.replace('127.0.0.1', '127.0.0.2');
  const { socket } = await askUpgrade(elsewhere, basic(acme.secrets.stream));
  expect(socket).toBeDefined();

  open.socket?.send(frames.stop);
  await gateway.eventsUntil(frames.callSid, 'call.ended');
  expect(linesWith(gateway, 'there is no tenant')).toHaveLength(1);
  open.socket?.terminate();
  socket?.terminate();
});

test('with a tenant it listens where HOST says, from the start', async () => {
  const gateway = await gatewayWith({ HOST: '0.0.0.0' }, [testTenant('acme').tenant]);
  await waitUntil(() => answersElsewhere(gateway), { what: 'it listens elsewhere' });
  expect(linesWith(gateway, 'there is no tenant')).toEqual([]);
});

test('on loopback without a tenant, everybody on this machine is let in, and nobody from behind a proxy', async () => {
  const gateway = await gatewayWith();
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

test('AUTHENTICATE=always lets nobody in without a tenant, on loopback neither', async () => {
  const gateway = await gatewayWith({ AUTHENTICATE: 'always' });
  expect((await askUpgrade(gateway.url)).status).toBe(401);
  expect((await gateway.post('CA-x', { event: 'turn' })).status).toBe(401);
});

test('AUTHENTICATE=never takes everything as its own tenant, whatever tenants there are', async () => {
  const settings = { AUTHENTICATE: 'never', TENANT: 'mine', PUBLIC_URL: 'ws://127.0.0.1:1' };
  const gateway = await gatewayWith(settings, [testTenant('acme').tenant]);
  expect((await gateway.post('CA-mine', { event: 'stage', stage: 'closing' })).status).toBe(202);
  expect(await gateway.events('CA-mine', 'mine')).toHaveLength(1);
  const answer = await fetch(`${gateway.httpUrl}/exotel/url?CallSid=CA1`);
  expect(await answer.json()).toEqual({ url: 'ws://127.0.0.1:1/exotel/stream' });
});

test('a HOST that this machine has not is told once, and the gateway stays on loopback', async () => {
  const gateway = await gatewayWith({ HOST: '192.0.2.1' }, [testTenant('acme').tenant]);
  await waitUntil(() => linesWith(gateway, 'HOST can not be listened on').length > 0, { what: 'it says so' });
  expect((await askUpgrade(gateway.url)).status).toBe(401);
  await gateway.stop();
  gateways.length = 0;
  expect(linesWith(gateway, 'HOST can not be listened on')).toHaveLength(1);
});
