import { expect, test } from '@jest/globals';
import { startRedisForTest, testKeyPrefix, waitUntil } from '@turnlog/test-kit';
import { dial } from './testing/bare-socket.ts';
import { framesOf } from './testing/frames.ts';
import { type TestGateway } from './testing/test-gateway.ts';
import { testTenant, type TestTenant } from './testing/test-tenant.ts';
import { afterTest, openAgent, openGateway } from './testing/open.ts';

async function start(tenants: readonly TestTenant[], settings: Record<string, string> = {}) {
  const gateway = await openGateway(
    settings,
    tenants.map(({ tenant }) => tenant),
  );
  return gateway;
}

const big = (id: string, bytes = 400_000) => ({
  event: 'tool',
  id,
  name: 'lookup',
  result: 'x'.repeat(bytes),
});
const report = (gateway: TestGateway, { secrets }: TestTenant, callSid: string, body: unknown) =>
  gateway.post(callSid, body, { authorization: `Bearer ${secrets.api}` });

async function fillUp(gateway: TestGateway, tenant: TestTenant): Promise<Response> {
  return waitUntil(
    async () => {
      const id = String(Math.random());
      const response = await report(gateway, tenant, `CA-${id}`, big(id));
      return response.status !== 202 && response;
    },
    { what: 'the tenant is full' },
  );
}

test('a tenant that sent its MiB of the hour is refused at every gateway, and its neighbour is not', async () => {
  const loud = testTenant('loud', { maxMibPerHour: 1 });
  const quiet = testTenant('quiet');
  const shared = { KEY_PREFIX: testKeyPrefix() };
  const first = await start([loud, quiet], shared);
  const second = await start([], { ...shared, INSTANCE: 'second' });
  expect((await report(first, loud, 'CA1', big('first'))).status).toBe(202);
  const refused = await fillUp(first, loud);

  expect([refused.status, refused.headers.get('retry-after')]).toEqual([429, '60']);
  expect(await refused.json()).toMatchObject({ results: [{ error: { code: 'tenant_full' } }] });
  const repeated = await report(first, loud, 'CA1', big('first'));
  expect(await repeated.json()).toMatchObject({ results: [{ status: 'duplicate', seq: 1 }] });
  expect((await report(first, quiet, 'CA1', big('t1'))).status).toBe(202);
  // With its own bytes the other gateway receives the count of all of them.
  await waitUntil(
    async () => (await report(second, loud, 'CA2', big(String(Math.random()), 10))).status === 429,
    {
      what: 'the other gateway refuses it too',
    },
  );
});

test("the reports of a full tenant's agent are refused with the reason, and the call is recorded to its end", async () => {
  const agent = await openAgent();
  const loud = testTenant('loud', { maxMibPerHour: 1 });
  const gateway = await start([loud], { AGENT_URL: agent.url });
  await fillUp(gateway, loud);
  const frames = framesOf();
  const carrier = await dial(gateway.url.replace('ws://', `ws://exotel:${loud.secrets.stream}@`));
  carrier.send(frames.start);
  const socket = await agent.socket();
  socket.send({ event: 'turn', id: 't1', turn: { speaker: 'user', text: 'word' } });
  await waitUntil(() => socket.received.some((text) => text.includes('tenant_full')), { what: 'it is told' });
  carrier.send(frames.dtmf('5'), frames.stop);
  await waitUntil(
    async () => (await gateway.events(frames.callSid, 'loud')).some(({ type }) => type === 'call.ended'),
    { what: 'the call has ended' },
  );
  const types = (await gateway.events(frames.callSid, 'loud')).map(({ type }) => type);
  expect(types).toContain('dtmf.pressed');
  expect(types).not.toContain('turn.completed');
});

test('one tenant alone is neither limited nor counted', async () => {
  const alone = testTenant('alone');
  const gateway = await start([alone]);
  for (let n = 0; n < 10; n += 1) {
    expect((await report(gateway, alone, `CA${n}`, big('t', 1_000_000))).status).toBe(202);
  }
  expect(await gateway.redis.keys(`${gateway.space.prefix}bytes-of:*`)).toEqual([]);
});

test('when Redis is nearly full, the tenant that fills it is refused before the others', async () => {
  const server = await startRedisForTest({ extraArgs: ['--maxmemory', '24mb'] });
  afterTest(() => server.close());
  const [loud, quiet] = [testTenant('loud'), testTenant('quiet')];
  const gateway = await start([loud, quiet], { REDIS_URL: server.url });
  const refused = await fillUp(gateway, loud);
  expect(refused.status).toBe(429);
  expect((await report(gateway, quiet, 'CA1', big('t1', 100))).status).toBe(202);
});
