import { expect, test } from '@jest/globals';
import { waitUntil } from '@turnlog/test-kit';
import { once } from 'node:events';
import { connect } from 'node:net';
import { type WebSocket } from 'ws';
import { askUpgrade, basic } from './testing/ask-upgrade.ts';
import { dial } from './testing/bare-socket.ts';
import { framesOf } from './testing/frames.ts';
import { eventOf, type TestGateway } from './testing/test-gateway.ts';
import { testTenant } from './testing/test-tenant.ts';
import { afterTest, openAgent, openGateway } from './testing/open.ts';

const acme = testTenant('acme');
const limited = testTenant('limited', { maxCalls: 2 });

/** Opens streams of a tenant one after the other; the codes of those that were refused. */
async function openStreams(gateway: TestGateway, number: number, { secrets } = acme) {
  const sockets: (WebSocket | undefined)[] = [];
  const refusals: string[] = [];
  for (let index = 0; index < number; index += 1) {
    const answer = await askUpgrade(gateway.url, basic(secrets.stream));
    if (answer.status === 101) sockets.push(answer.socket);
    else if ('code' in answer)
      refusals.push(`${answer.status} ${answer.code} ${answer.headers['retry-after']}`);
  }
  afterTest(() => {
    for (const socket of sockets) socket?.terminate();
    return Promise.resolve();
  });
  return { sockets, refusals };
}

test("a tenant's limit of calls holds over all gateways, and a call that ends or whose gateway is gone makes room", async () => {
  const first = await openGateway({}, [limited.tenant]);
  const settings = { KEY_PREFIX: first.space.prefix, HEARTBEAT_MS: '100' };
  const second = await openGateway(settings, []);
  const { sockets } = await openStreams(first, 1, limited);
  expect((await openStreams(second, 1, limited)).refusals).toEqual([]);
  expect((await openStreams(first, 1, limited)).refusals).toEqual(['503 too_many_calls 2']);
  expect((await openStreams(second, 1, limited)).refusals).toEqual(['503 too_many_calls 2']);
  sockets[0]?.close();
  await waitUntil(async () => (await openStreams(second, 1, limited)).refusals.length === 0, {
    what: 'there is room again',
  });
  // The slots of a running gateway are renewed; one that is not renewed is stale.
  const key = `${first.space.prefix}calls-of:limited`;
  await first.redis.del(key);
  await waitUntil(async () => (await first.redis.zcard(key)) === 2, { what: 'the calls are counted again' });
});

test('the slot of a call whose gateway is gone expires', async () => {
  const gateway = await openGateway({}, [limited.tenant]);
  const key = `${gateway.space.prefix}calls-of:limited`;
  await gateway.redis.zadd(key, Date.now() - 60_000, 'dead-1', Date.now() - 60_000, 'dead-2');
  expect((await openStreams(gateway, 2, limited)).refusals).toEqual([]);
});

test('an address and a tenant have a limit of streams on a gateway', async () => {
  const few = { MAX_SOCKETS_PER_ADDRESS: '2', MAX_SOCKETS_PER_TENANT: '100' };
  const byAddress = await openStreams(await openGateway(few, [acme.tenant]), 3);
  expect(byAddress.refusals).toEqual(['503 address_full 2']);
  const gateway = await openGateway({ MAX_SOCKETS_PER_TENANT: '1' }, [acme.tenant, limited.tenant]);
  expect((await openStreams(gateway, 2)).refusals).toEqual(['503 tenant_full 2']);
  expect((await openStreams(gateway, 1, limited)).refusals).toEqual([]);
});

test('a refused or broken handshake keeps no slot', async () => {
  const gateway = await openGateway({ MAX_SOCKETS_PER_TENANT: '1' }, [acme.tenant]);
  for (let attempt = 0; attempt < 3; attempt += 1) {
    const socket = connect(gateway.port, '127.0.0.1');
    const { authorization } = basic(acme.secrets.stream);
    socket.write(
      `GET /exotel/stream HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nAuthorization: ${authorization}\r\n\r\n`,
    );
    const [answer] = (await once(socket, 'data')) as [Buffer];
    expect(answer.toString()).toMatch(/^HTTP\/1\.1 400 /);
    socket.destroy();
  }
  await waitUntil(async () => (await openStreams(gateway, 1)).refusals.length === 0, {
    what: 'it has a place',
  });
});

test('an address has a limit of connections without a request', async () => {
  const gateway = await openGateway({ MAX_HANDSHAKES_PER_ADDRESS: '5' }, [acme.tenant]);
  const idle = Array.from({ length: 8 }, () => connect(gateway.port, '127.0.0.1'));
  for (const socket of idle) socket.on('error', () => undefined);
  await waitUntil(() => idle.filter(({ closed }) => closed).length >= 3, { what: 'those beyond it are cut' });
  for (const socket of idle) socket.destroy();
  // Streams are not among them.
  await waitUntil(async () => (await openStreams(gateway, 6)).refusals.length === 0, {
    what: 'streams are taken',
  });
});

test.each([
  ['nothing', ''],
  ['a head that never ends', 'GET /exotel/stream HTTP/1.1\r\nHost: x\r\nX-Slow: '],
])('a connection that sends %s is closed after HANDSHAKE_TIMEOUT_MS', async (_what, text) => {
  const gateway = await openGateway({ HANDSHAKE_TIMEOUT_MS: '200' });
  const socket = connect(gateway.port, '127.0.0.1');
  socket.on('error', () => undefined).resume();
  socket.write(text);
  await once(socket, 'close');
});

test('a socket without a call is closed, and nothing is written', async () => {
  const gateway = await openGateway({ START_TIMEOUT_MS: '300' });
  const silent = await dial(gateway.url);
  const babbling = await dial(gateway.url);
  const babble = setInterval(() => babbling.send('{"event":"hello"}'), 20);
  expect(await silent.closed()).toBe(1008);
  expect(await babbling.closed()).toBe(1008);
  clearInterval(babble);
  expect(await gateway.streams()).toEqual([]);
});

test('audio without a start is recorded as a call of its own after the timeout', async () => {
  const gateway = await openGateway({ START_TIMEOUT_MS: '300' });
  const socket = await dial(`${gateway.url}?call_sid=CA-no-start`);
  socket.send(framesOf().media());
  expect(await socket.closed()).toBe(1008);
  const events = await gateway.eventsUntil('CA-no-start', 'call.disconnected');
  expect(eventOf(events, 'call.disconnected').data.reason).toBe('no_start');
});

test('a call ends when it is too long', async () => {
  const gateway = await openGateway({ MAX_CALL_MS: '1000' });
  const frames = framesOf();
  const socket = await dial(gateway.url);
  socket.send(frames.start);
  expect(await socket.closed()).toBe(1008);
  const events = await gateway.eventsUntil(frames.callSid, 'call.disconnected');
  expect(eventOf(events, 'call.disconnected').data.reason).toBe('too_long');
});

test.each([
  ['a frame above MAX_FRAME_BYTES', { MAX_FRAME_BYTES: '1024' }, 1009],
  ['more fragments than MAX_FRAGMENTS', { MAX_FRAGMENTS: '4' }, 1008],
])('%s closes the socket, and the call is recorded', async (_what, settings, code) => {
  const gateway = await openGateway(settings);
  const frames = framesOf();
  const socket = await dial(gateway.url);
  socket.send(frames.start);
  await gateway.eventsUntil(frames.callSid, 'call.started');
  if (code === 1009) socket.send('x'.repeat(2_000));
  else for (let index = 0; index < 6; index += 1) socket.socket.send('x', { fin: false });
  expect(await socket.closed()).toBe(code);
  await gateway.eventsUntil(frames.callSid, 'call.disconnected');
});

test('reports that come too fast are refused one by one, and acknowledged ones are kept', async () => {
  const agent = await openAgent();
  const gateway = await openGateway({ AGENT_URL: agent.url, MAX_EVENTS_PER_SECOND: '1' });
  const frames = framesOf();
  const carrier = await dial(gateway.url);
  carrier.send(frames.start);
  const socket = await agent.socket();
  for (let index = 0; index < 12; index += 1) socket.send({ event: 'stage', id: `s${index}`, stage: 'x' });
  const isAnswer = (id: string) => (message: Record<string, unknown>) => message['id'] === id;
  expect(await socket.waitFor(isAnswer('s11'))).toMatchObject({
    event: 'error',
    error: { code: 'too_fast' },
  });
  const acknowledged = await waitUntil(
    () => {
      const answers = socket.received.map((text) => JSON.parse(text) as { event: string; id?: string });
      const own = answers.filter(({ id }) => id !== undefined);
      return own.length === 12 && own.filter(({ event }) => event === 'ack');
    },
    { what: 'all are answered' },
  );
  expect(acknowledged).toHaveLength(10);
  const stages = (await gateway.events(frames.callSid)).filter(({ type }) => type === 'stage.changed');
  expect(stages).toHaveLength(10);
  carrier.socket.terminate();
});

test('calls that follow each other on one socket are bounded by their number, their rate and the agents of earlier ones', async () => {
  const agent = await openAgent();
  const gateway = await openGateway({ AGENT_URL: agent.url, AGENT_LINGER_MS: '2000' });
  const carrier = await dial(gateway.url);
  let most = 0;
  for (let index = 0; index < 200; index += 1) {
    carrier.send(framesOf({ callSid: `CA-many-${index}` }).start);
    most = Math.max(most, agent.sockets.filter(({ closeCode }) => closeCode === undefined).length);
  }
  expect(await carrier.closed()).toBe(1008);
  const recorded = await gateway.redis.keys(`${gateway.space.prefix}*CA-many-*:log`);
  expect(recorded.length).toBeGreaterThan(5);
  expect(recorded.length).toBeLessThan(20);
  // That of the last call, and that of the one before it.
  await waitUntil(() => agent.sockets.filter(({ closeCode }) => closeCode === undefined).length <= 2, {
    what: 'the agents of earlier calls are let go of',
  });
  expect(most).toBeLessThan(20);
});

test('MAX_CALLS_PER_SOCKET calls may follow each other on a socket', async () => {
  const gateway = await openGateway({ MAX_CALLS_PER_SOCKET: '2' });
  const carrier = await dial(gateway.url);
  for (const callSid of ['CA-a', 'CA-b', 'CA-c']) carrier.send(framesOf({ callSid }).start);
  expect(await carrier.closed()).toBe(1008);
  const events = await gateway.eventsUntil('CA-b', 'call.disconnected');
  expect(eventOf(events, 'call.disconnected').data.reason).toBe('superseded');
  expect(await gateway.events('CA-c')).toEqual([]);
});
