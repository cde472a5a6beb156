import { expect, test } from '@jest/globals';
import { AudioStreams } from '@turnlog/call-log';
import { encodeClear, encodeMark, encodeMedia } from '@turnlog/exotel';
import { freePort, waitUntil } from '@turnlog/test-kit';
import { dial } from './testing/bare-socket.ts';
import { framesOf } from './testing/frames.ts';
import { eventOf } from './testing/test-gateway.ts';
import { answersOf, isAck, turn } from './testing/messages.ts';
import { openAgent, openGateway, openGatewayWithAgent } from './testing/open.ts';

test("the carrier's frames reach the agent as they came, from connected to stop", async () => {
  const { agent, gateway } = await openGatewayWithAgent();
  const frames = framesOf();
  const odd = '{"event" : "silence",  "nested":{"ü":1.50}}';
  const sent = [
    frames.connected,
    frames.media(),
    frames.start,
    frames.media(),
    frames.dtmf('5'),
    odd,
    frames.stop,
  ];
  const carrier = await dial(gateway.url);
  carrier.send(...sent);
  const socket = await agent.socket();
  await waitUntil(() => socket.received.length === sent.length, { what: 'the agent has all frames' });
  expect(socket.received).toEqual(sent);
});

test("the agent's frames reach the carrier unchanged, and its own messages don't", async () => {
  const { agent, gateway } = await openGatewayWithAgent();
  const frames = framesOf();
  const carrier = await dial(gateway.url);
  carrier.send(frames.start);
  const socket = await agent.socket();
  const sent = [
    encodeMedia({ streamSid: 's', sequence: 1, chunk: 1, timestampMs: 0, audio: Buffer.alloc(3200, 3) }),
    encodeMark({ streamSid: 's', sequence: 2, name: 'greeting' }),
    encodeClear({ streamSid: 's', sequence: 3 }),
    '{ "event": "something-new" , "x": 1.0 }',
    'not json at all',
  ];
  socket.send(turn('t0', 'hello'), ...sent, turn('t1', 'there'));
  await waitUntil(() => carrier.received.length === sent.length, { what: 'the carrier has all frames' });
  await waitUntil(() => answersOf(socket).length === 2, { what: 'both turns are acknowledged' });
  expect(carrier.received).toEqual(sent);
  carrier.send(frames.stop);
  const events = await gateway.eventsUntil(frames.callSid, 'call.ended');
  expect(eventOf(events, 'audio.summarised').data).toMatchObject({ outboundBytes: 3200, outboundMs: 200 });
});

test("the agent's audio is the outbound track, silence between its words included", async () => {
  const { agent, gateway } = await openGatewayWithAgent({ AUDIO_BATCH_MS: '2000' });
  const frames = framesOf();
  const carrier = await dial(gateway.url);
  carrier.send(frames.start);
  const socket = await agent.socket();
  const word = (fill: number) =>
    encodeMedia({ streamSid: 's', sequence: 1, chunk: 1, timestampMs: 0, audio: Buffer.alloc(320, fill) });
  socket.send(word(1));
  await waitUntil(() => carrier.received.length === 1, { what: 'the first word is out' });
  await new Promise((resolve) => setTimeout(resolve, 400));
  socket.send(word(2));
  await waitUntil(() => carrier.received.length === 2, { what: 'the second word is out' });
  carrier.send(frames.stop);
  await gateway.eventsUntil(frames.callSid, 'call.ended');
  const streams = new AudioStreams(gateway.redis, gateway.space);
  const batches = await waitUntil(
    async () => {
      const read = await streams.read({ tenant: 'default', callSid: frames.callSid });
      return read.length === 2 && read;
    },
    { what: 'both words are written' },
  );
  expect(batches.map(({ track }) => track)).toEqual(['outbound', 'outbound']);
  expect((batches[1]?.offsetMs ?? 0) - (batches[0]?.offsetMs ?? 0)).toBeGreaterThan(300);
});

test('an agent receives a rate of 16 kHz as bots of Exotel do, in the query of its URL', async () => {
  const { agent, gateway } = await openGatewayWithAgent();
  for (const [index, query] of ['?sample-rate=16000', ''].entries()) {
    const carrier = await dial(gateway.url + query);
    carrier.send(JSON.stringify({ event: 'start', start: { call_sid: `CA-rate-${index}` } }));
    expect((await agent.socket(index)).path).toBe(index === 0 ? '/?sample-rate=16000' : '/');
    carrier.socket.terminate();
  }
});

test("the agent's address is filled with what is known of the call, URL-encoded", async () => {
  const agent = await openAgent();
  const template = `${agent.url}/{tenant}/{callSid}?s={streamSid}&f={from}&c={params.campaign}&n={params.none}`;
  const gateway = await openGateway({ AGENT_URL: template });
  const frames = framesOf({ customParameters: { campaign: 'a b&c' }, callSid: 'CA/1?x' });
  const carrier = await dial(gateway.url);
  carrier.send(frames.start);
  const { path } = await agent.socket();
  expect(path).toBe('/default/CA%2F1%3Fx?s=stream-1&f=%2B919800000001&c=a%20b%26c&n=');
  carrier.socket.terminate();
});

test('after the stop the agent still reports its last turns', async () => {
  const { agent, gateway } = await openGatewayWithAgent({ AGENT_LINGER_MS: '10000' });
  const frames = framesOf();
  const carrier = await dial(gateway.url);
  carrier.send(frames.start);
  const socket = await agent.socket();
  carrier.send(frames.stop);
  await socket.waitFor(({ event }) => event === 'stop');
  await gateway.eventsUntil(frames.callSid, 'call.ended');
  socket.send(turn('last', 'goodbye'));
  await socket.waitFor(isAck);
  socket.socket.terminate();
  const events = await gateway.events(frames.callSid);
  expect(events.at(-1)).toMatchObject({ type: 'turn.completed', id: 'turn:last' });
});

test('the socket of an agent that stays after the stop is closed', async () => {
  const { agent, gateway } = await openGatewayWithAgent({ AGENT_LINGER_MS: '400' });
  const frames = framesOf();
  const carrier = await dial(gateway.url);
  carrier.send(frames.start);
  const socket = await agent.socket();
  carrier.send(frames.stop);
  expect(await socket.closed()).toBe(1000);
  expect(socket.received).toContain(frames.stop);
});

test('an agent receives a stop when the carrier disconnects without one', async () => {
  const { agent, gateway } = await openGatewayWithAgent();
  const frames = framesOf();
  const carrier = await dial(gateway.url);
  carrier.send(frames.start);
  const socket = await agent.socket();
  await waitUntil(() => socket.received.length === 1, { what: 'the agent has the start' });
  carrier.socket.terminate();
  const stop = await socket.waitFor(({ event }) => event === 'stop');
  expect(stop).toMatchObject({
    stream_sid: 'stream-1',
    stop: { call_sid: frames.callSid, reason: 'socket_closed' },
  });
});

test('an agent that closes normally ends the call; with AGENT_CLOSE=keep it does not', async () => {
  for (const setting of ['hangup', 'keep']) {
    const { agent, gateway } = await openGatewayWithAgent({ AGENT_CLOSE: setting });
    const frames = framesOf();
    const carrier = await dial(gateway.url);
    carrier.send(frames.start);
    const socket = await agent.socket();
    socket.socket.close(1000);
    if (setting === 'hangup') {
      expect(await carrier.closed()).toBe(1000);
      const events = await gateway.eventsUntil(frames.callSid, 'call.disconnected');
      expect(eventOf(events, 'call.disconnected').data.reason).toBe('agent_hung_up');
    } else {
      await socket.closed();
      carrier.send(frames.dtmf('1'), frames.stop);
      const events = await gateway.eventsUntil(frames.callSid, 'call.ended');
      expect(events.map(({ type }) => type)).toContain('dtmf.pressed');
    }
  }
});

test('a lost agent is dialled again, and receives the start and the frames that it missed', async () => {
  const { agent, gateway } = await openGatewayWithAgent();
  const frames = framesOf();
  const carrier = await dial(gateway.url);
  carrier.send(frames.connected, frames.start);
  const first = await agent.socket();
  await waitUntil(() => first.received.length === 2, { what: 'the agent has the start' });
  first.socket.terminate();
  await waitUntil(() => gateway.logLines.some(({ msg }) => msg === 'agent is not reachable'), {
    what: 'it is noticed',
  });
  const missed = [frames.media(), frames.dtmf('9')];
  carrier.send(...missed);
  const second = await agent.socket(1);
  await waitUntil(() => second.received.length === 4, { what: 'the agent has all of it' });
  expect(second.received).toEqual([frames.connected, frames.start, ...missed]);
  second.send(turn('t1', 'back'));
  await second.waitFor(isAck);
  carrier.socket.terminate();
});

test('a call whose agent can not be reached is recorded', async () => {
  const gateway = await openGateway({
    AGENT_URL: `ws://127.0.0.1:${await freePort()}`,
    AGENT_RECONNECTS: '1',
  });
  const frames = framesOf();
  const carrier = await dial(gateway.url);
  carrier.send(frames.start, frames.media());
  await waitUntil(() => gateway.logLines.some((line) => line['gives_up'] === true), { what: 'it gives up' });
  carrier.send(frames.dtmf('4'), frames.stop);
  const events = await gateway.eventsUntil(frames.callSid, 'call.ended');
  expect(events.map(({ type }) => type)).toEqual([
    'call.started',
    'agent.unreachable',
    'dtmf.pressed',
    'audio.summarised',
    'call.ended',
  ]);
  expect(events[1]?.data).toMatchObject({ reason: 'refused', attempts: 2 });
  expect(gateway.logLines).toContainEqual(
    expect.objectContaining({
      event: 'agent_unreachable',
      address: expect.stringMatching(/^ws:\/\/127\.0\.0\.1:\d+$/) as unknown,
      reason: 'refused',
      error: expect.stringContaining('ECONNREFUSED') as unknown,
    }),
  );
});

test('a call that ends before its agent is dialled again is recorded as one without an agent', async () => {
  const gateway = await openGateway({ AGENT_URL: `ws://127.0.0.1:${await freePort()}` });
  const frames = framesOf();
  const carrier = await dial(gateway.url);
  carrier.send(frames.start);
  await waitUntil(() => gateway.logLines.some(({ event }) => event === 'agent_unreachable'), {
    what: 'the first attempt fails',
  });
  carrier.send(frames.stop);
  const events = await gateway.eventsUntil(frames.callSid, 'agent.unreachable');
  expect(events.map(({ type }) => type)).toContain('call.ended');
});

test('a one-way stream receives nothing, and its agent may report', async () => {
  const { agent, gateway } = await openGatewayWithAgent();
  const frames = framesOf();
  const carrier = await dial(`${gateway.url}?applet=stream`);
  carrier.send(frames.start);
  const socket = await agent.socket();
  socket.send(encodeMark({ streamSid: 's', sequence: 2, name: 'm' }), turn('t1', 'heard'));
  await socket.waitFor(isAck);
  await waitUntil(async () => (await gateway.metric('gateway_agent_frames_total{fate="one_way"')) === 1, {
    what: 'the mark is counted',
  });
  socket.socket.close(1000);
  await socket.closed();
  carrier.send(frames.stop);
  await gateway.eventsUntil(frames.callSid, 'call.ended');
  expect(carrier.received).toEqual([]);
});
