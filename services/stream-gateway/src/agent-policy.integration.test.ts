import { expect, test } from '@jest/globals';
import { freePort, waitUntil } from '@turnlog/test-kit';
import { once } from 'node:events';
import { createServer, type IncomingHttpHeaders } from 'node:http';
import { type AddressInfo } from 'node:net';
import { WebSocketServer } from 'ws';
import { dial, startAgent } from './testing/bare-socket.ts';
import { framesOf } from './testing/frames.ts';
import { eventOf } from './testing/test-gateway.ts';
import { afterTest, openAgent, openGateway } from './testing/open.ts';

const isGivenUp = (line: Record<string, unknown>): boolean => line['gives_up'] === true;

test('with AGENT_GIVE_UP=hangup a call whose agent is lost is ended with that reason', async () => {
  const gateway = await openGateway({
    AGENT_URL: `ws://127.0.0.1:${await freePort()}`,
    AGENT_RECONNECTS: '1',
    AGENT_GIVE_UP: 'hangup',
  });
  const frames = framesOf();
  const carrier = await dial(gateway.url);
  carrier.send(frames.start);
  expect(await carrier.closed()).toBe(1000);
  const events = await gateway.eventsUntil(frames.callSid, 'call.disconnected');
  expect(eventOf(events, 'call.disconnected').data.reason).toBe('agent_lost');
});

test('a one-way stream does not end when its agent is lost', async () => {
  const gateway = await openGateway({
    AGENT_URL: `ws://127.0.0.1:${await freePort()}`,
    AGENT_RECONNECTS: '0',
    AGENT_GIVE_UP: 'hangup',
  });
  const frames = framesOf();
  const carrier = await dial(`${gateway.url}?applet=stream`);
  carrier.send(frames.start);
  await waitUntil(() => gateway.logLines.some(isGivenUp), { what: 'the agent is given up' });
  carrier.send(frames.stop);
  const events = await gateway.eventsUntil(frames.callSid, 'call.ended');
  expect(events.map(({ type }) => type)).not.toContain('call.disconnected');
});

test('an agent that is unavailable for long misses audio and nothing else', async () => {
  const port = await freePort();
  const gateway = await openGateway({
    AGENT_URL: `ws://127.0.0.1:${port}`,
    AGENT_RECONNECTS: '100',
    AGENT_BUFFER_BYTES: String(16 * 1024),
  });
  const frames = framesOf();
  const carrier = await dial(gateway.url);
  const keys = ['1', '2', '3', '4'].map((digit) => frames.dtmf(digit));
  carrier.send(frames.connected, frames.start);
  for (const key of keys) carrier.send(frames.media(), frames.media(), frames.media(), key);
  await waitUntil(async () => ((await gateway.metric('gateway_frames_not_relayed_total')) ?? 0) > 0, {
    what: 'audio was dropped',
  });
  const agent = await startAgent(port);
  afterTest(() => agent.close());
  const socket = await agent.socket();
  await socket.waitFor(({ dtmf }) => (dtmf as { digit?: string } | undefined)?.digit === '4');
  const texts = socket.received.filter((text) => !text.includes('"media"') || text.includes('"start"'));
  expect(texts).toEqual([frames.connected, frames.start, ...keys]);
  expect(socket.received.length).toBeLessThan(2 + 16);
  carrier.socket.terminate();
});

test('an agent that does not read is abandoned when too much other than audio waits, and the call is recorded', async () => {
  const gateway = await openGateway({
    AGENT_URL: `ws://127.0.0.1:${await freePort()}`,
    AGENT_RECONNECTS: '100',
    AGENT_BUFFER_BYTES: String(16 * 1024),
  });
  const frames = framesOf();
  const carrier = await dial(gateway.url);
  const odd = JSON.stringify({ event: 'something-new', filling: 'x'.repeat(20 * 1024) });
  carrier.send(frames.start, odd, odd, odd);
  carrier.send(odd, frames.stop);
  await gateway.eventsUntil(frames.callSid, 'call.ended');
  expect(gateway.logLines.find(isGivenUp)).toMatchObject({
    error: expect.stringContaining('too much waits'),
  });
});

test('if the carrier reads nothing, the agent has to wait, and the carrier then receives everything but audio in order', async () => {
  const agent = await openAgent();
  const gateway = await openGateway({ AGENT_URL: agent.url, CARRIER_BUFFER_BYTES: String(64 * 1024) });
  const frames = framesOf();
  const carrier = await dial(gateway.url);
  carrier.send(frames.start);
  const { socket } = await agent.socket();
  carrier.socket.pause();
  const filling = 'x'.repeat(100_000);
  const sent = Array.from({ length: 400 }, (_, n) => `{"event":"odd","n":${n},"filling":"${filling}"}`);
  for (const text of sent) socket.send(text);
  // More than the kernel's buffers hold is still with the agent: the gateway has stopped reading.
  let waiting = 0;
  let unchanged = 0;
  await waitUntil(
    () => {
      unchanged = socket.bufferedAmount === waiting ? unchanged + 1 : 0;
      waiting = socket.bufferedAmount;
      return unchanged > 40;
    },
    { what: 'nothing moves any more' },
  );
  expect(waiting).toBeGreaterThan(10_000_000);
  carrier.socket.resume();
  await waitUntil(() => carrier.received.length === sent.length, { what: 'all has come', timeoutMs: 20_000 });
  expect(carrier.received).toEqual(sent);
  carrier.socket.terminate();
});

/** A server that keeps the headers of its requests, and accepts sockets or redirects them. */
async function startAuthAgent(
  redirectTo?: string,
): Promise<{ port: number; headers: IncomingHttpHeaders[] }> {
  const headers: IncomingHttpHeaders[] = [];
  const server = createServer();
  const sockets = new WebSocketServer({ noServer: true });
  server.on('upgrade', (request, socket, head) => {
    headers.push(request.headers);
    if (redirectTo === undefined) sockets.handleUpgrade(request, socket, head, () => undefined);
    else socket.end(`HTTP/1.1 302 Found\r\nLocation: ${redirectTo}\r\nConnection: close\r\n\r\n`);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  afterTest(async () => {
    for (const socket of sockets.clients) socket.terminate();
    server.close();
    await once(server, 'close');
  });
  return { port: (server.address() as AddressInfo).port, headers };
}

test('AGENT_AUTHORIZATION is sent to the agent only, and is in no log', async () => {
  const secret = 'Bearer s3cret-of-the-agent';
  const elsewhere = await startAuthAgent();
  const redirecting = await startAuthAgent(`ws://127.0.0.1:${elsewhere.port}/`);
  const agent = await startAuthAgent();
  for (const { port, headers } of [agent, redirecting]) {
    const gateway = await openGateway({
      AGENT_URL: `ws://127.0.0.1:${port}/{callSid}`,
      AGENT_AUTHORIZATION: secret,
      AGENT_RECONNECTS: '0',
      LOG_LEVEL: 'trace',
    });
    const frames = framesOf();
    const carrier = await dial(gateway.url);
    carrier.send(frames.start);
    await waitUntil(() => headers.length > 0, { what: 'the agent is asked' });
    expect(headers[0]?.authorization).toBe(secret);
    carrier.send(frames.stop);
    await gateway.eventsUntil(frames.callSid, 'call.ended');
    expect(JSON.stringify(gateway.logLines)).not.toContain('s3cret');
  }
  expect(elsewhere.headers).toEqual([]);
});
