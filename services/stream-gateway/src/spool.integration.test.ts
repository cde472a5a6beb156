import { expect, test } from '@jest/globals';
import { startRedisForTest, waitUntil, type PrivateServer } from '@turnlog/test-kit';
import { mkdtemp, readdir, rename, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { askUpgrade } from './testing/ask-upgrade.ts';
import { dial, type BareAgent, type BareSocket } from './testing/bare-socket.ts';
import { framesOf } from './testing/frames.ts';
import { startTestGateway, type TestGateway } from './testing/test-gateway.ts';
import { acksOf, turn } from './testing/messages.ts';
import { afterTest, openAgent, openGateway } from './testing/open.ts';

interface Setup {
  readonly redis: PrivateServer;
  readonly agent: BareAgent;
  readonly gateway: TestGateway;
  readonly spoolDir: string;
}

async function setUp(
  settings: Record<string, string> = {},
  extraArgs: readonly string[] = [],
): Promise<Setup> {
  const redis = await startRedisForTest({ appendfsync: 'always', extraArgs });
  afterTest(() => redis.close());
  const agent = await openAgent();
  const spoolDir = await mkdtemp(path.join(tmpdir(), 'turnlog-test-spool-'));
  afterTest(() => rm(spoolDir, { recursive: true, force: true }));
  const env = { REDIS_URL: redis.url, AGENT_URL: agent.url, SPOOL_DIR: spoolDir, FLUSH_DEADLINE_MS: '500' };
  const gateway = await openGateway({ ...env, ...settings });
  return { redis, agent, gateway, spoolDir };
}

const idsFrom = (first: number, count: number) =>
  Array.from({ length: count }, (_, index) => `t${String(first + index).padStart(3, '0')}`);
const turnsOf = async (gateway: TestGateway, callSid: string): Promise<string[]> =>
  (await gateway.events(callSid)).filter(({ type }) => type === 'turn.completed').map(({ id }) => id);
const namesOf = (ids: readonly string[]) => ids.map((id) => `turn:${id}`);

async function startCall({ agent, gateway }: Setup) {
  const frames = framesOf();
  const carrier = await dial(gateway.url);
  carrier.send(frames.start);
  const socket = await agent.socket(agent.sockets.length);
  await gateway.eventsUntil(frames.callSid, 'call.started');
  return { frames, carrier, socket };
}

const acknowledged = (socket: BareSocket, count: number) =>
  waitUntil(() => acksOf(socket).length === count, { what: `${count} acks`, timeoutMs: 20_000 });

const filesOf = async (spoolDir: string): Promise<string[]> =>
  (await readdir(spoolDir, { recursive: true })).filter((name) => name.endsWith('.spool'));

/** How Redis stops taking writes, and how it takes them again. */
const outages: Record<string, { begin(setup: Setup): unknown; end(setup: Setup): unknown }> = {
  killed: { begin: ({ redis }) => redis.crash(), end: ({ redis }) => redis.start() },
  frozen: { begin: ({ redis }) => redis.pause(), end: ({ redis }) => redis.resume() },
  'out of memory': {
    begin: ({ gateway }) => gateway.redis.config('SET', 'maxmemory', '1'),
    end: ({ gateway }) => gateway.redis.config('SET', 'maxmemory', '0'),
  },
  'a read-only replica': {
    begin: ({ gateway }) => gateway.redis.replicaof('127.0.0.1', '1'),
    end: ({ gateway }) => gateway.redis.replicaof('NO', 'ONE'),
  },
  'without the replica that it needs': {
    begin: ({ gateway }) => gateway.redis.config('SET', 'min-replicas-to-write', '1'),
    end: ({ gateway }) => gateway.redis.config('SET', 'min-replicas-to-write', '0'),
  },
};

test.each(Object.keys(outages))(
  'while Redis is %s events are acknowledged by the spool, and are in the log once and in order after',
  async (name) => {
    const setup = await setUp();
    const outage = outages[name];
    if (outage === undefined) throw new Error(name);
    const { gateway, spoolDir } = setup;
    const { frames, socket } = await startCall(setup);
    const ids = idsFrom(1, 30);
    socket.send(...ids.slice(0, 10).map((id) => turn(id)));
    await acknowledged(socket, 10);
    // On a slow machine some of them may have been appended without the spool.
    await waitUntil(async () => (await filesOf(spoolDir)).length === 0, { what: 'nothing is on the disk' });

    await outage.begin(setup);
    socket.send(...ids.slice(10, 25).map((id) => turn(id)));
    await acknowledged(socket, 25);
    expect(acksOf(socket).slice(10)).toEqual(
      ids.slice(10, 25).map((id) => ({ event: 'ack', id, status: 'appended', durable: 'spool' })),
    );
    expect(await filesOf(spoolDir)).toHaveLength(1);

    await outage.end(setup);
    socket.send(...ids.slice(25).map((id) => turn(id)));
    await acknowledged(socket, 30);
    await waitUntil(async () => (await turnsOf(gateway, frames.callSid)).length === 30, {
      what: 'all turns are in the log',
      timeoutMs: 20_000,
    });
    expect(await turnsOf(gateway, frames.callSid)).toEqual(namesOf(ids));
    await waitUntil(async () => (await filesOf(spoolDir)).length === 0, { what: 'the files are gone' });
    expect(new Set(acksOf(socket).map(({ id }) => id)).size).toBe(30);
  },
);

test('while Redis is frozen a gateway is alive and not ready: reports go to its spool, streams elsewhere', async () => {
  const { redis, gateway } = await setUp();
  const statusOf = async (path: string) => (await fetch(`${gateway.opsUrl}${path}`)).status;
  expect([await statusOf('/healthz'), await statusOf('/readyz')]).toEqual([200, 200]);

  redis.pause();
  await waitUntil(async () => (await statusOf('/readyz')) === 503, { what: 'it is not ready' });
  expect(await statusOf('/healthz')).toBe(200);
  const answer = await gateway.post('CA-frozen', turn('t1'));
  expect([answer.status, await answer.json()]).toEqual([
    202,
    { results: [{ id: 't1', status: 'appended', durable: 'spool' }] },
  ]);
  await waitUntil(async () => (await askUpgrade(gateway.url)).status === 503, {
    what: 'streams are refused',
  });
  await waitUntil(() => gateway.logLines.some(({ event }) => event === 'redis_not_answering'), {
    what: 'the silence of Redis is logged',
    timeoutMs: 12_000,
  });

  redis.resume();
  await waitUntil(async () => (await turnsOf(gateway, 'CA-frozen')).length === 1, {
    what: 'the report is in the log',
    timeoutMs: 20_000,
  });
  await waitUntil(async () => (await statusOf('/readyz')) === 200, { what: 'it is ready again' });
});

test('while Redis accepts writes the disk is not used', async () => {
  const setup = await setUp({ SPOOL_AFTER_MS: '60000' });
  const { socket } = await startCall(setup);
  socket.send(...idsFrom(1, 10).map((id) => turn(id)));
  await acknowledged(socket, 10);
  expect(acksOf(socket)).toEqual(
    idsFrom(1, 10).map((id) => ({ event: 'ack', id, status: 'appended', seq: expect.any(Number) })),
  );
  expect(await filesOf(setup.spoolDir)).toEqual([]);
});

test('events over HTTP are accepted by the spool while Redis is unavailable, and delivered once afterwards', async () => {
  const setup = await setUp({ HEARTBEAT_MS: '100' });
  const { gateway, redis, spoolDir } = setup;
  await gateway.post('CA-http', turn('before'));
  await redis.crash();
  const response = await gateway.post('CA-http', [turn('a'), turn('b')]);
  expect(response.status).toBe(202);
  expect(await response.json()).toEqual({
    results: ['a', 'b'].map((id) => ({ id, status: 'appended', durable: 'spool' })),
  });
  // The agent sends one of them again: it is one event all the same.
  expect((await gateway.post('CA-http', turn('b'))).status).toBe(202);
  await redis.start();
  await waitUntil(async () => (await filesOf(spoolDir)).length === 0, {
    what: 'the files are gone',
    timeoutMs: 20_000,
  });
  expect((await turnsOf(gateway, 'CA-http')).sort()).toEqual(namesOf(['a', 'b', 'before']));
  // From here on the gateway keeps them like any other event.
  await gateway.redis.flushall();
  await waitUntil(async () => (await turnsOf(gateway, 'CA-http')).length === 3, {
    what: 'a Redis that lost them has them again',
  });
  expect((await turnsOf(gateway, 'CA-http')).sort()).toEqual(namesOf(['a', 'b', 'before']));
});

test('events that Redis lost and does not accept again are in the spool, and the next gateway sends them', async () => {
  const { gateway, redis, spoolDir } = await setUp({ HEARTBEAT_MS: '100' });
  expect((await gateway.post('CA-http', [turn('a'), turn('b')])).status).toBe(202);
  await gateway.redis.multi().flushall().config('SET', 'maxmemory', '1').exec();
  await waitUntil(async () => (await filesOf(spoolDir)).length === 1, { what: 'it is on the disk' });
  await gateway.stop();
  expect(gateway.logLines).toContainEqual(
    expect.objectContaining({ msg: 'events wait in the spool for the next start', events: 2 }),
  );
  await redis.crash();
  await redis.start();
  const env = { REDIS_URL: redis.url, SPOOL_DIR: spoolDir, KEY_PREFIX: gateway.space.prefix };
  const heir = await startTestGateway(env);
  afterTest(() => heir.stop());
  await waitUntil(async () => (await filesOf(spoolDir)).length === 0, { what: 'the files are gone' });
  expect(await turnsOf(heir, 'CA-http')).toEqual(namesOf(['a', 'b']));
});

test('while the spool is full new calls are refused with the reason, and calls in progress are acknowledged by Redis', async () => {
  const setup = await setUp({ SPOOL_MAX_BYTES: String(64 * 1024) });
  const { gateway, redis } = setup;
  const { frames, socket } = await startCall(setup);
  await redis.crash();
  const ids = idsFrom(1, 20);
  for (const id of ids) socket.send(turn(id, 'x'.repeat(8_000)));
  await waitUntil(() => gateway.logLines.some(({ problem }) => problem === 'full'), {
    what: 'the spool is full',
  });
  const spooled = acksOf(socket).length;
  expect(spooled).toBeLessThan(20);
  await expect(dial(gateway.url)).rejects.toThrow('503');
  const readiness = await fetch(`${gateway.opsUrl}/readyz`);
  expect(readiness.status).toBe(503);
  expect(await readiness.text()).toContain('the spool is full');
  const refused = await gateway.post('CA-other', turn('o', 'x'.repeat(60_000)));
  expect(refused.status).toBe(503);
  await redis.start();
  await acknowledged(socket, 20);
  await waitUntil(async () => (await fetch(`${gateway.opsUrl}/readyz`)).ok, {
    what: 'calls are taken again',
  });
  expect(await turnsOf(gateway, frames.callSid)).toEqual(namesOf(ids));
});

test('while Redis answers but refuses writes, new calls are refused', async () => {
  const setup = await setUp();
  const { gateway } = setup;
  const { socket } = await startCall(setup);
  await gateway.redis.config('SET', 'maxmemory', '1');
  socket.send(turn('a'));
  await acknowledged(socket, 1);
  await waitUntil(async () => (await fetch(`${gateway.opsUrl}/readyz`)).status === 503, {
    what: 'it is not ready',
  });
  await expect(dial(gateway.url)).rejects.toThrow('503');
  await gateway.redis.config('SET', 'maxmemory', '0');
  await waitUntil(async () => (await fetch(`${gateway.opsUrl}/readyz`)).ok, { what: 'it is ready again' });
});

test('a gateway that stops while Redis is unavailable leaves its events in the spool, and the next gateway sends them', async () => {
  const setup = await setUp();
  const { gateway, redis, agent, spoolDir } = setup;
  const { frames, socket } = await startCall(setup);
  await redis.crash();
  socket.send(turn('a'));
  await acknowledged(socket, 1);
  await gateway.stop();
  expect(gateway.logLines).toContainEqual(
    expect.objectContaining({ msg: 'events wait in the spool for the next start', events: 3 }),
  );
  expect(gateway.logLines.map(({ msg }) => msg)).not.toContain(
    'events are lost: Redis did not acknowledge them in time',
  );
  await redis.start();
  const env = {
    REDIS_URL: redis.url,
    AGENT_URL: agent.url,
    SPOOL_DIR: spoolDir,
    KEY_PREFIX: gateway.space.prefix,
  };
  const heir = await startTestGateway(env);
  afterTest(() => heir.stop());
  const events = await heir.eventsUntil(frames.callSid, 'call.disconnected');
  expect(events.map(({ type }) => type)).toEqual([
    'call.started',
    'turn.completed',
    'audio.summarised',
    'call.disconnected',
  ]);
  expect(events.at(-1)?.data).toMatchObject({ reason: 'drained' });
  await waitUntil(async () => (await filesOf(spoolDir)).length === 0, { what: 'the files are gone' });
});

test('while the disk of the spool refuses writes new calls are refused, and the call in progress loses nothing', async () => {
  const setup = await setUp();
  const { gateway, redis, spoolDir } = setup;
  const { frames, socket } = await startCall(setup);
  const folder = path.join(spoolDir, 'test');
  await rename(folder, `${folder}-gone`);
  await redis.crash();
  socket.send(turn('a'));
  await waitUntil(() => gateway.logLines.some(({ problem }) => problem === 'failing'), {
    what: 'it is noticed',
  });
  await expect(dial(gateway.url)).rejects.toThrow('503');
  expect(await (await fetch(`${gateway.opsUrl}/readyz`)).text()).toContain('the spool is failing');
  expect(acksOf(socket)).toEqual([]);

  await rename(`${folder}-gone`, folder);
  await acknowledged(socket, 1);
  expect(acksOf(socket)[0]).toMatchObject({ durable: 'spool' });
  await redis.start();
  await waitUntil(async () => (await turnsOf(gateway, frames.callSid)).length === 1, {
    what: 'the turn is in the log',
    timeoutMs: 15_000,
  });
  await waitUntil(async () => (await fetch(`${gateway.opsUrl}/readyz`)).ok, {
    what: 'calls are taken again',
  });
});
