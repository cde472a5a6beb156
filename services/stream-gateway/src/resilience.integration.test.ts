import { expect, jest, test } from '@jest/globals';
import { callKeys, createCommitter } from '@turnlog/call-log';
import {
  freePort,
  startKeepingProxy,
  startRedisForTest,
  waitUntil,
  type PrivateServer,
} from '@turnlog/test-kit';
import { Redis } from 'ioredis';
import { createServer } from 'node:net';
import { dial, type BareAgent } from './testing/bare-socket.ts';
import { framesOf } from './testing/frames.ts';
import { eventOf, startTestGateway, type TestGateway } from './testing/test-gateway.ts';
import { acksOf, turn } from './testing/messages.ts';
import { afterTest, openAgent, openGateway } from './testing/open.ts';

interface Setup {
  readonly redis: PrivateServer;
  readonly agent: BareAgent;
  readonly gateway: TestGateway;
}

async function setUp(settings: Record<string, string> = {}): Promise<Setup> {
  const redis = await startRedisForTest({ appendfsync: 'always' });
  afterTest(() => redis.close());
  const agent = await openAgent();
  const gateway = await openGateway({ REDIS_URL: redis.url, AGENT_URL: agent.url, ...settings });
  return { redis, agent, gateway };
}

const turnsOf = async (gateway: TestGateway, callSid: string): Promise<string[]> =>
  (await gateway.events(callSid)).filter(({ type }) => type === 'turn.completed').map(({ id }) => id);

async function startCall({ agent, gateway }: Setup) {
  const frames = framesOf();
  const carrier = await dial(gateway.url);
  carrier.send(frames.start);
  const socket = await agent.socket(agent.sockets.length);
  return { frames, carrier, socket };
}

test('Redis is killed in mid-call and comes back: nothing is lost, order is kept, acks come only when durable', async () => {
  const setup = await setUp();
  const { redis, gateway } = setup;
  const { frames, carrier, socket } = await startCall(setup);
  socket.send(turn('before'));
  await waitUntil(() => acksOf(socket).length === 1, { what: 'the first turn is acknowledged' });

  await redis.crash();
  const meanwhile = Array.from({ length: 20 }, (_, index) => `m${index}`);
  socket.send(...meanwhile.map((id) => turn(id)));
  carrier.send(frames.media(), frames.dtmf('3'));
  await waitUntil(
    () => gateway.logLines.some(({ msg }) => msg === 'events are not acknowledged; sending them again'),
    {
      what: 'the gateway notices',
    },
  );
  expect(acksOf(socket)).toHaveLength(1);

  await redis.start();
  await waitUntil(() => acksOf(socket).length === 21, {
    what: 'all turns are acknowledged',
    timeoutMs: 15_000,
  });
  carrier.send(frames.stop);
  const events = await gateway.eventsUntil(frames.callSid, 'call.ended');
  expect(await turnsOf(gateway, frames.callSid)).toEqual(['before', ...meanwhile].map((id) => `turn:${id}`));
  expect(eventOf(events, 'dtmf.pressed').data.digit).toBe('3');
  expect(events.map(({ sourceSeq }) => sourceSeq)).toEqual(events.map((_, index) => index + 1));
});

test('a gateway that starts while Redis is unavailable waits for it', async () => {
  const redis = await startRedisForTest();
  afterTest(() => redis.close());
  await redis.stop();
  let attempts = 0;
  const refusing = createServer((socket) => {
    attempts += 1;
    socket.destroy();
  }).listen(redis.port, '127.0.0.1');
  const starting = startTestGateway({ REDIS_URL: redis.url });
  await waitUntil(() => attempts > 2, { what: 'it has tried several times' });
  await new Promise((resolve) => refusing.close(resolve));
  await redis.start();
  const gateway = await starting;
  afterTest(() => gateway.stop());
  expect((await fetch(`${gateway.opsUrl}/readyz`)).status).toBe(200);
});

test('a gateway is not ready before its port is open, and opens it although Redis is unavailable', async () => {
  const redis = await startRedisForTest();
  afterTest(() => redis.close());
  await redis.stop();
  const healthPort = await freePort();
  const starting = startTestGateway({ REDIS_URL: redis.url, HEALTH_PORT: String(healthPort) });
  afterTest(async () => {
    await redis.start();
    await (await starting).stop();
  });
  const portCheck = async () => {
    const response = await fetch(`http://127.0.0.1:${healthPort}/readyz`).catch(() => undefined);
    const readiness = (await response?.json()) as
      { readonly checks: { readonly port: { readonly ok: boolean } } } | undefined;
    return readiness?.checks.port;
  };
  const first = await waitUntil(portCheck, { what: 'its health is served' });
  expect(first).toEqual({ ok: false, reason: 'it is not open yet' });
  await waitUntil(async () => (await portCheck())?.ok, { what: 'its port is open' });
});

test('after the clock of the host is set back during a call, later events are still later', async () => {
  const setup = await setUp();
  const { gateway } = setup;
  const { frames, carrier, socket } = await startCall(setup);
  socket.send(turn('before'));
  await waitUntil(() => acksOf(socket).length === 1, { what: 'the first turn is acknowledged' });
  const rightNow = Date.now.bind(Date);
  const clock = jest.spyOn(Date, 'now').mockImplementation(() => rightNow() - 3_600_000);
  try {
    socket.send(turn('after'));
    await waitUntil(() => acksOf(socket).length === 2, { what: 'the second turn is acknowledged' });
    carrier.send(frames.stop);
    const events = await gateway.eventsUntil(frames.callSid, 'call.ended');
    expect(events.map(({ at }) => at)).toEqual(events.map(({ at }) => at).sort());
  } finally {
    clock.mockRestore();
  }
});

test('if Redis freezes during an append, each event is in the log once', async () => {
  const setup = await setUp();
  const { redis, gateway } = setup;
  const { frames, socket } = await startCall(setup);
  redis.pause();
  socket.send(turn('a'));
  await waitUntil(async () => ((await gateway.metric('gateway_append_retries_total')) ?? 0) > 0, {
    what: 'the append has run out of time',
    timeoutMs: 10_000,
  });
  socket.send(turn('b'));
  redis.resume();
  await waitUntil(() => acksOf(socket).length === 2, { what: 'both are acknowledged', timeoutMs: 15_000 });
  expect(await turnsOf(gateway, frames.callSid)).toEqual(['turn:a', 'turn:b']);
});

test('a Redis that lost its newest writes receives them again with the next event', async () => {
  const setup = await setUp();
  const { gateway } = setup;
  const { frames, socket } = await startCall(setup);
  socket.send(...['a', 'b', 'c'].map((id) => turn(id)));
  await waitUntil(() => acksOf(socket).length === 3, { what: 'three turns are acknowledged' });
  await gateway.redis.flushall();
  socket.send(turn('d'));
  await waitUntil(() => acksOf(socket).length === 4, { what: 'the fourth is acknowledged' });
  expect(await turnsOf(gateway, frames.callSid)).toEqual(['a', 'b', 'c', 'd'].map((id) => `turn:${id}`));
  expect(acksOf(socket)).toHaveLength(4);
});

test('a Redis that lost everything receives it again, although no new event comes', async () => {
  const setup = await setUp({ HEARTBEAT_MS: '100' });
  const { gateway } = setup;
  const { frames, socket } = await startCall(setup);
  socket.send(...['a', 'b'].map((id) => turn(id)));
  await waitUntil(() => acksOf(socket).length === 2, { what: 'both turns are acknowledged' });
  await gateway.redis.flushall();
  await waitUntil(async () => (await turnsOf(gateway, frames.callSid)).length === 2, {
    what: 'both are there again',
  });
  expect((await gateway.events(frames.callSid)).map(({ type }) => type)[0]).toBe('call.started');
});

test('a Redis that lost its newest writes receives the reports of a call without a connection again, each once', async () => {
  const { redis, gateway } = await setUp();
  const call = { tenant: 'default', callSid: 'CA-http' };
  expect((await gateway.post(call.callSid, turn('kept'))).status).toBe(202);
  // What is written from here on is not on the disk: as on a replica that was behind and takes over.
  await gateway.redis.config('SET', 'appendonly', 'no');
  const answer = await gateway.post(call.callSid, [turn('lost'), turn('lost too'), turn('kept')]);
  expect(await answer.json()).toMatchObject({
    results: [{ status: 'appended' }, { status: 'appended' }, { status: 'duplicate' }],
  });

  await redis.crash();
  await redis.start();
  await waitUntil(async () => (await turnsOf(gateway, call.callSid)).length === 3, {
    what: 'all are there again',
    timeoutMs: 15_000,
  });
  expect(await turnsOf(gateway, call.callSid)).toEqual(['turn:kept', 'turn:lost', 'turn:lost too']);
  expect(await gateway.redis.hlen(callKeys(gateway.space, call).ids)).toBe(3);
  await waitUntil(async () => (await gateway.metric('gateway_gaps_total')) === 1, { what: 'it is counted' });
});

test('reports after the end are restored in a Redis that lost everything, and kept until they are in Postgres', async () => {
  const setup = await setUp({ HEARTBEAT_MS: '100', AGENT_LINGER_MS: '0' });
  const { gateway } = setup;
  const { frames, carrier } = await startCall(setup);
  carrier.send(frames.stop);
  await gateway.eventsUntil(frames.callSid, 'call.ended');
  expect((await gateway.post(frames.callSid, [turn('late'), turn('later')])).status).toBe(202);
  await gateway.redis.flushall();
  const again = await waitUntil(
    async () => {
      const events = await gateway.events(frames.callSid);
      return events.length === 5 && events.map(({ type }) => type);
    },
    { what: 'the call and its reports are there again' },
  );
  expect(again.sort()).toEqual([
    'audio.summarised',
    'call.ended',
    'call.started',
    'turn.completed',
    'turn.completed',
  ]);

  const call = { tenant: 'default', callSid: frames.callSid };
  const epoch = (await gateway.redis.hget(callKeys(gateway.space, call).head, 'epoch')) ?? '';
  await createCommitter(gateway.redis, gateway.space, 60_000)([{ call, epoch, seq: 5, entryIds: [] }]);
  await waitUntil(async () => (await gateway.metric('gateway_retained_bytes')) === 0, {
    what: 'all of it is let go of',
  });
});

test('events in Postgres are released, and an empty Redis then accepts the following ones', async () => {
  const setup = await setUp({ HEARTBEAT_MS: '100' });
  const { gateway } = setup;
  const { frames, socket } = await startCall(setup);
  socket.send(turn('a'));
  await waitUntil(() => acksOf(socket).length === 1, { what: 'the turn is acknowledged' });
  expect(await gateway.metric('gateway_retained_bytes')).toBeGreaterThan(0);

  const call = { tenant: 'default', callSid: frames.callSid };
  const epoch = (await gateway.redis.hget(callKeys(gateway.space, call).head, 'epoch')) ?? '';
  await createCommitter(gateway.redis, gateway.space, 60_000)([{ call, epoch, seq: 2, entryIds: [] }]);
  await waitUntil(async () => (await gateway.metric('gateway_retained_bytes')) === 0, {
    what: 'the events are let go of',
  });

  await gateway.redis.flushall();
  socket.send(turn('b'));
  await waitUntil(() => acksOf(socket).length === 2, { what: 'the next turn is acknowledged' });
  const [event] = await gateway.events(frames.callSid);
  expect(event).toMatchObject({ id: 'turn:b', sourceSeq: 1 });
  expect(event?.source).toMatch(/\.1$/);
});

test('while too many events wait for Redis, reports are refused with the advice to resend, and nothing is dropped silently', async () => {
  const setup = await setUp({ MAX_PENDING_BYTES: '2000' });
  const { redis, gateway } = setup;
  const { frames, socket } = await startCall(setup);
  await gateway.eventsUntil(frames.callSid, 'call.started');
  await redis.crash();
  socket.send(...Array.from({ length: 20 }, (_, index) => turn(`t${index}`, 'x'.repeat(200))));
  await socket.waitFor(
    ({ event, error }) => event === 'error' && (error as { code: string }).code === 'overloaded',
  );
  await redis.start();
  await waitUntil(() => socket.received.length === 21, {
    what: 'every message is answered',
    timeoutMs: 15_000,
  });
  const taken = acksOf(socket).map(({ id }) => `turn:${String(id)}`);
  expect(taken.length).toBeGreaterThan(0);
  expect(taken.length).toBeLessThan(20);
  expect(await turnsOf(gateway, frames.callSid)).toEqual(taken);
  socket.send(turn('again'));
  await socket.waitFor(({ id }) => id === 'again');
});

/** Three times what may wait of the events of frames. */
const FLOOD_BYTES = 24 * 1024 * 1024;

test('a stream that floods the gateway with events while Redis is unavailable is ended, and others go on', async () => {
  const setup = await setUp({ MAX_PENDING_BYTES: '2000', MAX_RETAINED_BYTES: '2000' });
  const { redis, gateway } = setup;
  const [flood, other] = [await startCall(setup), await startCall(setup)];
  await gateway.eventsUntil(flood.frames.callSid, 'call.started');
  await gateway.eventsUntil(other.frames.callSid, 'call.started');
  await redis.crash();
  const names = Array.from({ length: 32 }, (_, number) => `p${number}`);
  const customParameters = Object.fromEntries(names.map((name) => [name, 'न'.repeat(1_000)]));
  const again = framesOf({ callSid: flood.frames.callSid, customParameters }).start;
  for (let sent = 0; sent < FLOOD_BYTES; sent += Buffer.byteLength(again)) flood.carrier.send(again);
  expect(await flood.carrier.closed()).toBe(1008);
  other.carrier.send(other.frames.dtmf('7'));
  await redis.start();
  await gateway.eventsUntil(other.frames.callSid, 'dtmf.pressed');
  const events = await gateway.eventsUntil(flood.frames.callSid, 'call.disconnected');
  expect(eventOf(events, 'call.disconnected').data.reason).toBe('too_much');
});

test('draining refuses new streams and waits for calls to end', async () => {
  const setup = await setUp({ DRAIN_DEADLINE_MS: '20000' });
  const { gateway } = setup;
  const ending = await startCall(setup);
  await gateway.eventsUntil(ending.frames.callSid, 'call.started');
  const stopping = gateway.lifecycle.stop('SIGTERM');

  await expect(dial(gateway.url)).rejects.toThrow('503');
  expect((await fetch(`${gateway.opsUrl}/readyz`)).status).toBe(503);
  ending.socket.send(turn('t1'));
  ending.carrier.send(ending.frames.stop);
  await gateway.eventsUntil(ending.frames.callSid, 'call.ended');
  expect((await stopping).failedSteps).toEqual([]);
  expect(await turnsOf(gateway, ending.frames.callSid)).toEqual(['turn:t1']);
});

test('calls that are still open after the drain deadline end as drained', async () => {
  const setup = await setUp({ DRAIN_DEADLINE_MS: '300' });
  const { gateway } = setup;
  const staying = await startCall(setup);
  await gateway.eventsUntil(staying.frames.callSid, 'call.started');
  const stopping = gateway.lifecycle.stop('SIGTERM');
  expect(await staying.carrier.closed()).toBe(1012);
  expect((await stopping).failedSteps).toEqual([]);
  const events = await gateway.events(staying.frames.callSid);
  expect(eventOf(events, 'call.disconnected').data.reason).toBe('drained');
});

test('a drain waits for Redis, so that accepted events are not lost', async () => {
  const setup = await setUp({ AGENT_LINGER_MS: '0' });
  const { redis, gateway } = setup;
  const { frames } = await startCall(setup);
  await gateway.eventsUntil(frames.callSid, 'call.started');
  await redis.crash();
  const stopping = gateway.lifecycle.stop('SIGTERM');
  await redis.start();
  expect((await stopping).failedSteps).toEqual([]);
  const events = await waitUntil(() => gateway.events(frames.callSid), { what: 'Redis answers' });
  expect(events.map(({ type }) => type)).toEqual(['call.started', 'audio.summarised', 'call.disconnected']);
});

test('reports that a failover behind a proxy lost are restored, although the connection to the proxy did not break', async () => {
  const primary = await startRedisForTest({ extraArgs: ['--repl-diskless-sync-delay', '0'] });
  afterTest(() => primary.close());
  const replica = await startRedisForTest();
  afterTest(() => replica.close());
  const proxy = await startKeepingProxy(primary.port);
  afterTest(() => proxy.close());
  const gateway = await openGateway({
    REDIS_URL: `redis://127.0.0.1:${proxy.port}`,
    HEARTBEAT_MS: '200',
  });
  const aside = new Redis(replica.url);
  afterTest(() => {
    aside.disconnect();
    return Promise.resolve();
  });

  await aside.replicaof('127.0.0.1', String(primary.port));
  expect((await gateway.post('CA-kept', turn('t1'))).status).toBe(202);
  await waitUntil(async () => (await gateway.redis.wait(1, 1_000)) === 1, {
    what: 'the replica has the first report',
    timeoutMs: 15_000,
  });
  await aside.replicaof('NO', 'ONE');
  expect((await gateway.post('CA-kept', turn('lost'))).status).toBe(202);
  await proxy.switchTo(replica.port);
  // It gets the place of the one that was lost.
  expect((await gateway.post('CA-kept', turn('t3'))).status).toBe(202);

  await waitUntil(async () => (await turnsOf(gateway, 'CA-kept')).includes('turn:lost'), {
    what: 'what was lost is there again',
    timeoutMs: 15_000,
  });
  expect((await turnsOf(gateway, 'CA-kept')).sort()).toEqual(['turn:lost', 'turn:t1', 'turn:t3']);
  expect(gateway.logLines.filter(({ msg }) => msg === 'redis connection lost')).toEqual([]);
});
