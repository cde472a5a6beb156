import { expect, test } from '@jest/globals';
import { startRedisForTest, waitUntil } from '@turnlog/test-kit';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { dial } from './testing/bare-socket.ts';
import { framesOf } from './testing/frames.ts';
import { startTestGateway, type TestGateway } from './testing/test-gateway.ts';
import { turn } from './testing/messages.ts';
import { afterTest, openGateway } from './testing/open.ts';

async function setUp(settings: Record<string, string> = {}) {
  const server = await startRedisForTest({ extraArgs: ['--maxmemory', '40mb'] });
  afterTest(() => server.close());
  const gateway = await openGateway({ REDIS_URL: server.url, ...settings });
  return gateway;
}

const readinessOf = async ({ opsUrl }: TestGateway) => {
  const response = await fetch(`${opsUrl}/readyz`);
  return { status: response.status, text: await response.text() };
};
/** Fills Redis up to a share of its memory, with keys that do not belong to calls. */
async function fill({ redis }: TestGateway, share: number): Promise<void> {
  for (let n = 0; ; n += 1) {
    const info = await redis.info('memory');
    const [used = 0, max = 1] = ['used_memory', 'maxmemory'].map((field) =>
      Number(new RegExp(`^${field}:(\\d+)`, 'm').exec(info)?.[1]),
    );
    if (used / max >= share) return;
    await redis.setrange(`filler:${n}`, 100_000, 'x');
  }
}

async function drain({ redis }: TestGateway): Promise<void> {
  await redis.del(await redis.keys('filler:*'));
}

async function untilNotReady(gateway: TestGateway): Promise<void> {
  await waitUntil(async () => (await readinessOf(gateway)).status === 503, {
    what: 'the gateway is not ready',
  });
}

test('above MAX_MEMORY_SHARE only ends are appended, and the gateway reports the reason until Redis is drained', async () => {
  const gateway = await setUp({ MAX_MEMORY_SHARE: '0.8' });
  const frames = framesOf();
  const carrier = await dial(gateway.url);
  carrier.send(frames.start);
  await gateway.eventsUntil(frames.callSid, 'call.started');
  await fill(gateway, 0.85);
  await untilNotReady(gateway);

  expect((await readinessOf(gateway)).text).toContain('MAX_MEMORY_SHARE');
  expect((await gateway.post('CA-late', turn('t1'))).status).toBe(503);
  const withEnd = [turn('t1'), { event: 'ended', id: 'end' }];
  expect((await gateway.post('CA-late', withEnd)).status).toBe(503);
  expect(await gateway.events('CA-late')).toEqual([]);
  await expect(dial(gateway.url)).rejects.toThrow('503');
  carrier.send(frames.dtmf('5'), frames.stop);
  const events = await gateway.eventsUntil(frames.callSid, 'call.ended');
  expect(events.map(({ type }) => type)).toContain('dtmf.pressed');

  await drain(gateway);
  await waitUntil(async () => (await readinessOf(gateway)).status === 200, { what: 'it is ready again' });
  expect((await gateway.post('CA-late', turn('t1'))).status).toBe(202);
});

test('with a spool reports are accepted meanwhile, and are in Redis when it is drained', async () => {
  const folder = await mkdtemp(path.join(tmpdir(), 'turnlog-test-memory-'));
  afterTest(() => rm(folder, { recursive: true }));
  const gateway = await setUp({ MAX_MEMORY_SHARE: '0.8', SPOOL_DIR: folder });
  await fill(gateway, 0.85);
  await untilNotReady(gateway);
  const response = await gateway.post('CA1', turn('t1'));
  expect([response.status, await response.json()]).toMatchObject([202, { results: [{ durable: 'spool' }] }]);
  expect(await gateway.events('CA1')).toEqual([]);
  await drain(gateway);
  await gateway.eventsUntil('CA1', 'turn.completed', 10_000);
});

test('a gateway that may not ask for the memory of Redis works without it, and logs that once', async () => {
  const server = await startRedisForTest({ extraArgs: ['--maxmemory', '40mb'] });
  afterTest(() => server.close());
  const admin = await startTestGateway({ REDIS_URL: server.url });
  afterTest(() => admin.stop());
  await fill(admin, 0.93);
  await admin.redis.call('ACL', 'SETUSER', 'default', '-info', '+info|server', '+info|cluster');
  const warnings = () => admin.logLines.filter(({ msg }) => String(msg).includes('needs +info'));
  await waitUntil(() => warnings().length > 0, { what: 'it says so' });
  expect((await admin.post('CA1', turn('t1'))).status).toBe(202);
  expect((await readinessOf(admin)).status).toBe(200);
  expect(warnings()).toHaveLength(1);
});

test('while reports are answered 503 the gateway is not ready, and it becomes ready with Redis although no request comes', async () => {
  const gateway = await setUp();
  expect((await gateway.post('CA1', turn('t1'))).status).toBe(202);
  await gateway.redis.call('CONFIG', 'SET', 'min-replicas-to-write', '1');
  expect((await gateway.post('CA1', turn('t2'))).status).toBe(503);
  const readiness = await readinessOf(gateway);
  expect([readiness.status, readiness.text]).toEqual([503, expect.stringContaining('takes no events')]);
  await gateway.redis.call('CONFIG', 'SET', 'min-replicas-to-write', '0');
  await waitUntil(async () => (await readinessOf(gateway)).status === 200, {
    what: 'the gateway is ready again',
  });
});

test('a gateway does not start on a server of a Redis Cluster', async () => {
  const server = await startRedisForTest({ extraArgs: ['--cluster-enabled', 'yes'] });
  afterTest(() => server.close());
  await expect(startTestGateway({ REDIS_URL: server.url })).rejects.toThrow('does not work on Redis Cluster');
});
