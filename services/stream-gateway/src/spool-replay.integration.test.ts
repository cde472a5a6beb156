import { expect, test } from '@jest/globals';
import { decodeEvent, type CallKey } from '@turnlog/call-events';
import { createCommandClient, untilReady } from '@turnlog/redis-kit';
import { readCallLogs } from '@turnlog/call-log';
import { startRedisForTest, testKeyPrefix, waitUntil, type PrivateServer } from '@turnlog/test-kit';
import { appendFile, mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { dial, type BareAgent, type BareSocket } from './testing/bare-socket.ts';
import { framesOf } from './testing/frames.ts';
import { startTestGateway } from './testing/test-gateway.ts';
import { startGatewayProcess, type GatewayProcess } from './testing/gateway-process.ts';
import { turn } from './testing/messages.ts';
import { afterTest, openAgent } from './testing/open.ts';

const acksOf = ({ received }: BareSocket): number =>
  received.filter((text) => (JSON.parse(text) as { event: string }).event === 'ack').length;

interface Setup {
  readonly redis: PrivateServer;
  readonly agent: BareAgent;
  readonly prefix: string;
  readonly spoolDir: string;
  readonly env: Readonly<Record<string, string>>;
  start(): Promise<GatewayProcess>;
  files(): Promise<string[]>;
}

async function setUp(): Promise<Setup> {
  const redis = await startRedisForTest({ appendfsync: 'always' });
  afterTest(() => redis.close());
  const agent = await openAgent();
  const spoolDir = await mkdtemp(path.join(tmpdir(), 'turnlog-test-spool-'));
  afterTest(() => rm(spoolDir, { recursive: true, force: true }));
  const prefix = testKeyPrefix();
  const env = {
    REDIS_URL: redis.url,
    AGENT_URL: agent.url,
    SPOOL_DIR: spoolDir,
    KEY_PREFIX: prefix,
  };
  return {
    redis,
    agent,
    prefix,
    spoolDir,
    env,
    start: async () => {
      const gateway = await startGatewayProcess({ ...env, INSTANCE: 'gw' });
      afterTest(() => gateway.kill());
      return gateway;
    },
    files: async () => (await readdir(path.join(spoolDir, 'gw'))).filter((name) => name.endsWith('.spool')),
  };
}

/** The call's events, as the log of a Redis that has come back holds them. */
async function eventsOf({ redis, prefix }: Setup, callSid: string) {
  const client = createCommandClient({ url: redis.url, name: 'test', onError: () => undefined });
  try {
    await untilReady(client);
    const call: CallKey = { tenant: 'default', callSid };
    const [log] = await readCallLogs(client, { prefix, partitions: 16 }, [{ call, fromSeq: 1 }]);
    return (log?.entries ?? []).map(({ text }) => {
      const decoded = decodeEvent(text);
      if (!decoded.ok) throw new Error(decoded.problem.detail);
      return decoded.event;
    });
  } finally {
    client.disconnect();
  }
}

/** How Redis becomes unavailable, and available again when the gateway that takes over starts. */
const outages: Record<string, { begin(redis: PrivateServer): unknown; end(redis: PrivateServer): unknown }> =
  {
    // What the gateway had sent is lost.
    killed: { begin: (redis) => redis.crash(), end: (redis) => redis.start() },
    // It still takes what the gateway had sent, which is then replayed.
    frozen: { begin: (redis) => redis.pause(), end: (redis) => redis.resume() },
  };

test.each(Object.keys(outages))(
  'a gateway is killed while Redis is %s: its heir replays the spool, each event once and in order, and ends the call',
  async (name) => {
    const outage = outages[name];
    if (outage === undefined) throw new Error(name);
    const setup = await setUp();
    const { redis, agent } = setup;
    const gateway = await setup.start();
    const frames = framesOf();
    const carrier = await dial(gateway.url);
    carrier.send(frames.start);
    const socket = await agent.socket();
    socket.send(turn('t1'), turn('t2'));
    await waitUntil(() => acksOf(socket) === 2, { what: 'two turns are acknowledged' });

    await outage.begin(redis);
    socket.send(...['t3', 't4', 't5'].map((id) => turn(id)));
    await waitUntil(() => acksOf(socket) === 5, { what: 'three more are, by the spool', timeoutMs: 10_000 });
    const url = `${gateway.httpUrl}/v1/calls/CA-http/events`;
    const posted = await fetch(url, { method: 'POST', body: JSON.stringify([turn('h1'), turn('h2')]) });
    expect(posted.status).toBe(202);
    await gateway.kill();
    expect(await setup.files()).toHaveLength(1);

    await outage.end(redis);
    await setup.start();
    await waitUntil(async () => (await setup.files()).length === 0, {
      what: 'it is replayed',
      timeoutMs: 15_000,
    });
    const events = await eventsOf(setup, frames.callSid);
    expect(events.map(({ id, type }) => (type === 'turn.completed' ? id : type))).toEqual([
      'call.started',
      ...['t1', 't2', 't3', 't4', 't5'].map((id) => `turn:${id}`),
      expect.stringMatching('call.disconnected'),
    ]);
    expect(events.at(-1)).toMatchObject({
      id: `gateway_lost:${events[0]?.source ?? ''}`,
      data: { reason: 'gateway_lost', connectionId: events[0]?.source },
    });
    expect((await eventsOf(setup, 'CA-http')).map(({ id }) => id)).toEqual(['turn:h1', 'turn:h2']);
  },
);

test('an empty Redis receives the spooled events, although their numbers begin in the middle', async () => {
  const setup = await setUp();
  const { redis, agent } = setup;
  const gateway = await setup.start();
  const frames = framesOf();
  const carrier = await dial(gateway.url);
  carrier.send(frames.start);
  const socket = await agent.socket();
  socket.send(turn('t1'));
  await waitUntil(() => acksOf(socket) === 1, { what: 'a turn is acknowledged' });
  redis.pause();
  socket.send(turn('t2'), turn('t3'));
  await waitUntil(() => acksOf(socket) === 3, { what: 'two more are, by the spool', timeoutMs: 10_000 });
  await gateway.kill();
  const [name = ''] = await setup.files();
  // The gateway died in the middle of a write.
  await appendFile(path.join(setup.spoolDir, 'gw', name), '0badf00d 99 {"mode":"ordered","rememb');
  redis.resume();
  const client = createCommandClient({ url: redis.url, name: 'test', onError: () => undefined });
  await untilReady(client);
  await client.flushall();
  client.disconnect();

  await setup.start();
  await waitUntil(async () => (await setup.files()).length === 0, {
    what: 'it is replayed',
    timeoutMs: 15_000,
  });
  const events = await eventsOf(setup, frames.callSid);
  expect(events.map(({ id }) => id).slice(0, 2)).toEqual(['turn:t2', 'turn:t3']);
  expect(events.at(-1)).toMatchObject({ type: 'call.disconnected', data: { reason: 'gateway_lost' } });
});

test('a running gateway replays the spool of a gateway that never comes back', async () => {
  const setup = await setUp();
  const { redis, agent } = setup;
  const heir = await startTestGateway({ ...setup.env, INSTANCE: 'heir' });
  afterTest(() => heir.stop());
  const gateway = await setup.start();
  const carrier = await dial(gateway.url);
  const frames = framesOf();
  carrier.send(frames.start);
  const socket = await agent.socket();
  redis.pause();
  socket.send(turn('t1'), turn('t2'));
  await waitUntil(() => acksOf(socket) === 2, { what: 'they are acknowledged', timeoutMs: 10_000 });
  await gateway.kill();
  redis.resume();
  await waitUntil(async () => (await setup.files()).length === 0, {
    what: 'it is replayed',
    timeoutMs: 15_000,
  });
  const events = await eventsOf(setup, frames.callSid);
  expect(events.map(({ id }) => id).slice(1, 3)).toEqual(['turn:t1', 'turn:t2']);
  expect(events.at(-1)).toMatchObject({ type: 'call.disconnected', data: { reason: 'gateway_lost' } });
});

test('two gateways under one name do not share a spool: the second one does not start', async () => {
  const setup = await setUp();
  await setup.start();
  await expect(setup.start()).rejects.toThrow(/belongs to process \d+/);
});
