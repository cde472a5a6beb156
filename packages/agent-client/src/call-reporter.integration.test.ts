import { afterEach, expect, test } from '@jest/globals';
import { shapes } from '@turnlog/exotel-simulator';
import { freePort, waitUntil } from '@turnlog/test-kit';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { type AddressInfo } from 'node:net';
import { WebSocket, WebSocketServer } from 'ws';
import { CallReporter } from './call-reporter.ts';
import { RelayCalls, type RelayCall } from './relay-calls.ts';
import { startGateway, type Gateway } from './testing/start-gateway.ts';

const closing: (() => Promise<void>)[] = [];

afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});

async function gatewayWith(settings: Readonly<Record<string, string>> = {}): Promise<Gateway> {
  const gateway = await startGateway(settings);
  closing.push(() => gateway.close());
  return gateway;
}

const textsOf = async (gateway: Gateway, callSid: string) =>
  (await gateway.recordOf(callSid)).transcript.map(({ text }) => text);

/** Everything that may be reported, in one call. */
async function reportAll(call: CallReporter) {
  return Promise.all([
    call.turn(
      { speaker: 'ai', text: 'What is your budget?', startedAt: '2026-01-25T11:15:20Z' },
      { id: 't1' },
    ),
    call.turn({ speaker: 'user', text: 'Around 50 lakhs', confidence: 0.9, language: 'en' }),
    call.collect({ budget: 5_000_000, rooms: [1, 2], place: null }),
    call.stage('discovery'),
    call.objection('too far', { category: 'location' }),
    call.tool({ name: 'lookup', arguments: { q: 1 }, result: { n: 2 }, durationMs: 12 }),
    call.speaking(true, { speaker: 'user' }),
    call.outcome('qualified', { reason: 'the budget fits' }),
    call.consent('This call is recorded', { given: true, purpose: 'quality', statementVersion: '2026-01' }),
  ]);
}

const EVERYTHING = {
  stage: 'discovery',
  outcome: 'qualified',
  collectedData: { budget: 5_000_000, rooms: [1, 2], place: null },
  objections: [expect.objectContaining({ text: 'too far', category: 'location' })],
  metrics: expect.objectContaining({ turns: 2, tool_calls: 1 }),
  consents: [
    expect.objectContaining({
      statement: 'This call is recorded',
      given: true,
      purpose: 'quality',
      statement_version: '2026-01',
    }),
  ],
};

test('over HTTP everything that is reported is acknowledged and recorded, a repeat as a duplicate', async () => {
  const gateway = await gatewayWith();
  const call = new CallReporter({ callSid: 'CA/ü 1', http: { url: `${gateway.httpUrl}/` } });
  const acknowledged = await reportAll(call);
  expect(acknowledged.map(({ status, seq }) => [status, seq])).toEqual(
    [1, 2, 3, 4, 5, 6, 7, 8, 9].map((seq) => ['appended', seq]),
  );
  expect(await gateway.recordOf('CA/ü 1')).toMatchObject(EVERYTHING);
  const same = { speaker: 'ai', text: 'What is your budget?', startedAt: '2026-01-25T11:15:20Z' } as const;
  expect(await call.turn(same, { id: 't1' })).toEqual({ id: 't1', status: 'duplicate', seq: 1 });
  await expect(call.turn({ ...same, text: 'Else' }, { id: 't1' })).rejects.toMatchObject({
    name: 'TurnlogError',
    code: 'conflict',
    message: expect.stringContaining('higher revision'),
  });
  await call.close();
});

test('a call over HTTP alone ends with `ended`', async () => {
  const gateway = await gatewayWith();
  const call = new CallReporter({ callSid: 'CA-ended', http: { url: gateway.httpUrl } });
  await call.turn({ speaker: 'ai', text: 'Goodbye' });
  expect(await call.ended({ id: 'e1' })).toMatchObject({ id: 'e1', status: 'appended' });
  expect(await gateway.recordOf('CA-ended')).toMatchObject({
    status: 'completed',
    endReason: 'agent_hung_up',
  });
  await call.close();
});

test('each revision of a message has its own answer, and the highest counts, over HTTP and on the socket', async () => {
  const report = (call: CallReporter) => {
    const turn = (text: string, revision?: number) =>
      call.turn({ speaker: 'user', text }, { id: 't1', ...(revision !== undefined && { revision }) });
    return Promise.allSettled([turn('So'), turn('So I think', 2), turn('So I', 1), turn('So we', 2)]);
  };
  const expected = [
    { value: { id: 't1', status: 'appended' } },
    { value: { id: 't1', revision: 2, status: 'appended' } },
    { value: { id: 't1', revision: 1, status: 'appended' } },
    // It was not sent: the client knows that the one before it is not answered yet.
    { reason: { code: 'id_in_use' } },
  ];
  const gateway = await gatewayWith();
  const overHttp = new CallReporter({ callSid: 'CA-http', http: { url: gateway.httpUrl } });
  expect(await report(overHttp)).toMatchObject(expected);
  await expect(
    overHttp.turn({ speaker: 'user', text: 'Else' }, { id: 't1', revision: 2 }),
  ).rejects.toMatchObject({
    code: 'conflict',
  });
  await overHttp.close();
  expect(await textsOf(gateway, 'CA-http')).toEqual(['So I think']);

  const agent = await startAgent();
  const relaying = await gatewayWith({ AGENT_URL: agent.url });
  await startCall(relaying, 'CA-socket');
  const { call } = await agent.call(0);
  expect(await report(call)).toMatchObject(expected);
  await expect(call.turn({ speaker: 'user', text: 'Else' }, { id: 't1', revision: 1 })).rejects.toMatchObject(
    {
      code: 'conflict',
    },
  );
  expect(await textsOf(relaying, 'CA-socket')).toEqual(['So I think']);
});

test('metadata of a turn and of a message are recorded', async () => {
  const gateway = await gatewayWith();
  const call = new CallReporter({ callSid: 'CA-metadata', http: { url: gateway.httpUrl } });
  await call.turn({ speaker: 'ai', text: 'a', metadata: { model: 'm-1' } });
  await call.turn({ speaker: 'ai', text: 'b' }, { metadata: [1, null] });
  await call.close();
  const { transcript } = await gateway.recordOf('CA-metadata');
  expect(transcript.map(({ metadata }) => metadata)).toEqual([{ model: 'm-1' }, [1, null]]);
});

test('a message that the gateway rejects is an error with its reason, and its neighbours are recorded', async () => {
  const gateway = await gatewayWith();
  const call = new CallReporter({ callSid: 'CA-mixed', http: { url: gateway.httpUrl } });
  const good = call.turn({ speaker: 'ai', text: 'good' });
  const bad = call.stage('');
  const better = call.turn({ speaker: 'ai', text: 'better' });
  await expect(bad).rejects.toMatchObject({
    name: 'TurnlogError',
    code: 'invalid_message',
    message: expect.stringContaining('stage'),
  });
  await Promise.all([good, better]);
  await call.close();
  expect(await textsOf(gateway, 'CA-mixed')).toEqual(['good', 'better']);
});

test('what was reported while the gateway was dead is recorded once it is back, once and in order', async () => {
  const gateway = await gatewayWith();
  const call = new CallReporter({ callSid: 'CA-dead', http: { url: gateway.httpUrl } });
  await call.turn({ speaker: 'ai', text: 'before' });
  await gateway.kill();
  const lines = Array.from({ length: 250 }, (_, n) => `line ${n}`);
  const reported = lines.map((text) => call.turn({ speaker: 'user', text }));
  expect(call.pending).toBe(250);
  await gateway.start();
  await Promise.all(reported);
  await call.close();
  expect(await textsOf(gateway, 'CA-dead')).toEqual(['before', ...lines]);
});

test('close waits for acknowledgements, refuses more messages, and says what it abandoned and why', async () => {
  const closedPort = `http://127.0.0.1:${await freePort()}`;
  const call = new CallReporter({ callSid: 'CA-closed-port', http: { url: closedPort } });
  const reported = call.turn({ speaker: 'ai', text: 'hello' });
  await expect(call.close({ timeoutMs: 300 })).rejects.toMatchObject({
    code: 'not_acknowledged',
    message: expect.stringMatching(/^1 messages were not acknowledged .* failed: connect ECONNREFUSED/),
  });
  await expect(reported).rejects.toMatchObject({ code: 'not_acknowledged' });
  await expect(call.stage('late')).rejects.toMatchObject({ code: 'closed' });
});

/** An agent on the relay that only takes its calls. */
async function startAgent(options: { readonly maxBufferedBytes?: number } = {}) {
  const taken: RelayCall<WebSocket>[] = [];
  const calls = new RelayCalls<WebSocket>({ ...options, onCall: (call) => void taken.push(call) });
  const server = new WebSocketServer({ host: '127.0.0.1', port: 0 });
  server.on('connection', (socket) => calls.accept(socket));
  await once(server, 'listening');
  closing.push(async () => {
    for (const client of server.clients) client.terminate();
    server.close();
    await once(server, 'close');
  });
  const { port } = server.address() as AddressInfo;
  const call = (index: number) => waitUntil(() => taken[index], { what: `call ${index} is taken` });
  return { url: `ws://127.0.0.1:${port}`, calls, call };
}

async function startCall(gateway: Gateway, callSid: string) {
  const shape = shapes.strings;
  const ids = { callSid, streamSid: 'stream-1', accountSid: 'a', sequence: 1 };
  const carrier = new WebSocket(gateway.streamUrl);
  await once(carrier, 'open');
  closing.push(() => {
    carrier.terminate();
    return Promise.resolve();
  });
  const parties = {
    from: '+919800000001',
    to: '+918047000001',
    customParameters: {},
    sampleRate: 8000 as const,
  };
  carrier.send(shape.start({ ...ids, ...parties }));
  return { carrier, hangUp: () => carrier.send(shape.stop({ ...ids, reason: 'callended' })) };
}

test('on the relay socket everything that is reported is acknowledged and recorded', async () => {
  const agent = await startAgent();
  const gateway = await gatewayWith({ AGENT_URL: agent.url });
  const { hangUp } = await startCall(gateway, 'CA-relay');
  const { call, streamSid, start, isReconnected } = await agent.call(0);
  expect([call.callSid, streamSid, start['event'], isReconnected]).toEqual([
    'CA-relay',
    'stream-1',
    'start',
    false,
  ]);
  const acknowledged = await reportAll(call);
  expect(new Set(acknowledged.map(({ status }) => status))).toEqual(new Set(['appended']));
  await expect(call.stage('')).rejects.toMatchObject({ code: 'invalid_message' });
  hangUp();
  await call.turn({ speaker: 'system', text: 'The caller hung up.', endedAt: Date.now() });
  await waitUntil(async () => (await gateway.recordOf('CA-relay')).status === 'completed', {
    what: 'it is over',
  });
  const record = await gateway.recordOf('CA-relay');
  expect(record).toMatchObject({ ...EVERYTHING, metrics: { turns: 3 }, endReason: 'callended' });
  await call.close();
});

test('a lost socket loses nothing: what is not acknowledged is sent again on the next one', async () => {
  const agent = await startAgent();
  const gateway = await gatewayWith({ AGENT_URL: agent.url });
  await startCall(gateway, 'CA-lost');
  const first = await agent.call(0);
  await first.call.turn({ speaker: 'ai', text: 'before' });
  // Written to the socket: it is unknown how much of it has arrived.
  const during = Array.from({ length: 200 }, (_, n) => `during ${n}`);
  const reported = during.map((text) => first.call.turn({ speaker: 'user', text }));
  first.socket.terminate();
  expect(first.call.pending).toBe(200);
  const second = await agent.call(1);
  expect([second.isReconnected, second.call === first.call]).toEqual([true, true]);
  await Promise.all(reported);
  expect(await textsOf(gateway, 'CA-lost')).toEqual(['before', ...during]);
  expect(agent.calls.size).toBe(1);
});

test('a call is closed when its socket closes after the stop', async () => {
  const agent = await startAgent();
  const gateway = await gatewayWith({ AGENT_URL: agent.url, AGENT_LINGER_MS: '200' });
  const { hangUp } = await startCall(gateway, 'CA-over');
  const { call } = await agent.call(0);
  hangUp();
  await waitUntil(() => agent.calls.size === 0, { what: 'it is closed' });
  await expect(call.stage('late')).rejects.toMatchObject({ code: 'closed' });
});

test('while there is no socket, messages wait, but not without end', async () => {
  const call = new CallReporter({ callSid: 'CA-wait', maxBufferedBytes: 2_000 });
  const kept = call.turn({ speaker: 'ai', text: 'x'.repeat(1_000) });
  await expect(call.turn({ speaker: 'ai', text: 'x'.repeat(1_000) })).rejects.toMatchObject({
    code: 'buffer_full',
  });
  const agent = await startAgent();
  const gateway = await gatewayWith({ AGENT_URL: agent.url });
  await startCall(gateway, 'CA-wait');
  const { socket } = await agent.call(0);
  call.attach(socket);
  expect(await kept).toMatchObject({ status: 'appended' });
  await call.close();
});

/** Answers the first requests with these, and then takes everything. */
async function startMoodyServer(
  moods: readonly {
    readonly status: number;
    readonly headers?: Record<string, string>;
    readonly body?: object;
  }[],
) {
  const requests: { headers: IncomingMessage['headers']; ids: string[]; atMs: number }[] = [];
  const answer = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const chunks = (await request.toArray()) as Buffer[];
    const messages = JSON.parse(Buffer.concat(chunks).toString()) as { id: string }[];
    const ids = messages.map(({ id }) => id);
    const mood = moods[requests.length] ?? {
      status: 202,
      body: { results: ids.map((id, seq) => ({ id, status: 'appended', seq })) },
    };
    requests.push({ headers: request.headers, ids, atMs: performance.now() });
    response.writeHead(mood.status, mood.headers).end(JSON.stringify(mood.body ?? {}));
  };
  const server = createServer((request, response) => {
    answer(request, response).catch(() => response.destroy());
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  closing.push(async () => {
    server.closeAllConnections();
    server.close();
    await once(server, 'close');
  });
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, requests };
}

test('429 and 503 are waited out as asked, with the same ids and the token', async () => {
  const server = await startMoodyServer([
    { status: 429, headers: { 'retry-after': '1' } },
    { status: 503 },
    { status: 502 },
  ]);
  const call = new CallReporter({ callSid: 'CA1', http: { url: server.url, token: 'tl_api_x' } });
  expect(await call.stage('closing')).toMatchObject({ status: 'appended' });
  const [first, second, ...rest] = server.requests;
  expect((second?.atMs ?? 0) - (first?.atMs ?? 0)).toBeGreaterThanOrEqual(990);
  for (const { ids } of [second, ...rest].flatMap((each) => each ?? [])) expect(ids).toEqual(first?.ids);
  expect(first?.headers.authorization).toBe('Bearer tl_api_x');
  await call.close();
});

test('a wrong secret is an error that says so, and is not tried again', async () => {
  const server = await startMoodyServer([
    { status: 401, body: { error: { code: 'unauthorized', message: 'no tenant has this secret' } } },
  ]);
  const call = new CallReporter({ callSid: 'CA1', http: { url: server.url, token: 'wrong' } });
  await expect(call.stage('closing')).rejects.toMatchObject({
    code: 'unauthorized',
    message: 'no tenant has this secret',
  });
  await call.close();
  expect(server.requests).toHaveLength(1);
});

test('a request whose answer names none of its messages is sent again after a pause', async () => {
  const strange = { status: 202, body: { results: [{ id: 'other', status: 'appended' }] } };
  const server = await startMoodyServer([strange, strange]);
  const call = new CallReporter({ callSid: 'CA1', http: { url: server.url } });
  expect(await call.stage('closing')).toMatchObject({ status: 'appended' });
  const times = server.requests.map(({ atMs }) => atMs);
  expect(times).toHaveLength(3);
  expect((times[2] ?? 0) - (times[0] ?? 0)).toBeGreaterThan(300);
  await call.close();
});

test('what a gateway refuses for its speed is waited out and sent again, on a socket and over HTTP, in order', async () => {
  const agent = new WebSocketServer({ port: 0, host: '127.0.0.1' });
  await once(agent, 'listening');
  closing.push(async () => {
    for (const socket of agent.clients) socket.terminate();
    agent.close();
    await once(agent, 'close');
  });
  const url = `ws://127.0.0.1:${(agent.address() as AddressInfo).port}`;
  const gateway = await gatewayWith({ MAX_EVENTS_PER_SECOND: '100', AGENT_URL: url });
  const expected = Array.from({ length: 1_150 }, (_, index) => `word ${index}`);
  const reportTo = (call: CallReporter) =>
    Promise.all(expected.map((text) => call.turn({ speaker: 'user', text })));

  const calls = new RelayCalls({ onCall: ({ call }) => reported.push(reportTo(call)) });
  const reported: Promise<unknown>[] = [];
  agent.on('connection', (socket) => calls.accept(socket));
  const carrier = new WebSocket(gateway.streamUrl);
  await once(carrier, 'open');
  carrier.send(shapes.minimal.start({ callSid: 'CA-fast', streamSid: 's', sequence: 1 } as never));
  await waitUntil(() => reported.length === 1, { what: 'the agent has its call' });
  const http = new CallReporter({ callSid: 'CA-fast-http', http: { url: gateway.httpUrl } });
  await Promise.all([...reported, reportTo(http)]);
  carrier.close();
  expect(await textsOf(gateway, 'CA-fast')).toEqual(expected);
  expect(await textsOf(gateway, 'CA-fast-http')).toEqual(expected);
});
