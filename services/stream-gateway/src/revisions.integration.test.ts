import { describe, expect, test } from '@jest/globals';
import { startRedisForTest, waitUntil } from '@turnlog/test-kit';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { dial } from './testing/bare-socket.ts';
import { framesOf } from './testing/frames.ts';
import { type TestGateway } from './testing/test-gateway.ts';
import { afterTest, openAgent, openGateway } from './testing/open.ts';

async function start(settings: Record<string, string> = {}): Promise<TestGateway> {
  const gateway = await openGateway(settings);
  return gateway;
}

const turn = (text: string, more: object = {}) => ({
  event: 'turn',
  id: 'item_1',
  turn: { speaker: 'user', text },
  ...more,
});

const CONFLICT = {
  code: 'conflict',
  message:
    'a message of this id is stored with other content; send a correction of it with a higher revision, and anything else with an id of its own',
};

async function textsOf(gateway: TestGateway, callSid: string): Promise<string[]> {
  const events = await gateway.events(callSid);
  return events.flatMap((event) => (event.type === 'turn.completed' ? [event.data.text] : []));
}

async function resultsOf(response: Response): Promise<unknown> {
  return ((await response.json()) as { results: unknown }).results;
}

describe('a message with an id that was used for other content', () => {
  test('is a conflict over HTTP, and the others of its request are taken', async () => {
    const gateway = await start();
    expect((await gateway.post('CA1', turn('So'))).status).toBe(202);
    const alone = await gateway.post('CA1', turn('So I'));
    expect([alone.status, await resultsOf(alone)]).toEqual([
      422,
      [{ id: 'item_1', status: 'rejected', error: CONFLICT }],
    ]);
    const beside = await gateway.post('CA1', [
      turn('So'),
      turn('So we'),
      { event: 'stage', id: 's', stage: 'discovery' },
    ]);
    expect([beside.status, await resultsOf(beside)]).toMatchObject([
      207,
      [{ status: 'duplicate', seq: 1 }, { error: CONFLICT }, { status: 'appended', seq: 2 }],
    ]);
    expect(await textsOf(gateway, 'CA1')).toEqual(['So']);
    expect(await gateway.metric('gateway_events_total{via="http",result="conflict"')).toBe(2);
  });

  test('is a conflict on the socket, and over HTTP after the socket', async () => {
    const agent = await openAgent();
    const gateway = await start({ AGENT_URL: agent.url });
    const frames = framesOf();
    const carrier = await dial(gateway.url);
    carrier.send(frames.start);
    const socket = await agent.socket();
    socket.send(turn('So'), turn('So'), turn('So I'), turn('So I', { revision: 1 }));
    const answers = () => socket.received.filter((text) => /"event":"(?:ack|error)"/.test(text));
    await waitUntil(() => answers().length === 4, { what: 'all are answered' });
    expect(answers().map((text) => JSON.parse(text) as unknown)).toEqual([
      { event: 'ack', id: 'item_1', status: 'appended', seq: 2 },
      { event: 'ack', id: 'item_1', status: 'duplicate', seq: 2 },
      { event: 'error', id: 'item_1', error: CONFLICT },
      { event: 'ack', id: 'item_1', revision: 1, status: 'appended', seq: 3 },
    ]);
    expect(await resultsOf(await gateway.post(frames.callSid, turn('Else')))).toMatchObject([
      { error: CONFLICT },
    ]);
    expect(await textsOf(gateway, frames.callSid)).toEqual(['So', 'So I']);
    expect(await gateway.metric('gateway_events_total{via="socket",result="conflict"')).toBe(1);
  });
});

test('revisions of a message are accepted in any order, each once', async () => {
  const gateway = await start();
  const send = async (text: string, revision?: number) =>
    resultsOf(await gateway.post('CA1', turn(text, revision === undefined ? {} : { revision })));
  expect(await send('So I think', 2)).toMatchObject([{ status: 'appended', seq: 1 }]);
  expect(await send('So')).toMatchObject([{ status: 'appended', seq: 2 }]);
  expect(await send('So I', 1)).toMatchObject([{ status: 'appended', seq: 3 }]);
  expect(await send('So I', 1)).toMatchObject([{ status: 'duplicate', seq: 3 }]);
  expect(await send('So we', 1)).toMatchObject([{ error: CONFLICT }]);
  const events = await gateway.events('CA1');
  expect(events.map(({ id, revision }) => [id, revision])).toEqual([
    ['turn:item_1', 2],
    ['turn:item_1', undefined],
    ['turn:item_1', 1],
  ]);
});

test('a report that the spool acknowledged stays, although the log has another one of its id', async () => {
  const redis = await startRedisForTest({ appendfsync: 'always' });
  afterTest(() => redis.close());
  const spoolDir = await mkdtemp(path.join(tmpdir(), 'turnlog-test-spool-'));
  afterTest(() => rm(spoolDir, { recursive: true, force: true }));
  const gateway = await start({ REDIS_URL: redis.url, SPOOL_DIR: spoolDir, HEARTBEAT_MS: '100' });
  expect((await gateway.post('CA1', turn('So'))).status).toBe(202);
  await redis.crash();
  const response = await gateway.post('CA1', turn('So I'));
  expect(await resultsOf(response)).toEqual([{ id: 'item_1', status: 'appended', durable: 'spool' }]);
  await redis.start();
  await waitUntil(async () => (await textsOf(gateway, 'CA1')).length === 2, {
    what: 'what was acknowledged is in the log',
    timeoutMs: 20_000,
  });
  expect(await textsOf(gateway, 'CA1')).toEqual(['So', 'So I']);
  expect(await resultsOf(await gateway.post('CA1', turn('So I')))).toMatchObject([
    { status: 'duplicate', seq: 2 },
  ]);
  // A Redis that lost both has both again.
  await gateway.redis.flushall();
  await waitUntil(async () => (await textsOf(gateway, 'CA1')).length === 2, {
    what: 'a Redis that lost them has them again',
    timeoutMs: 20_000,
  });
});

test('a report of a call on the socket that is in the spool stays as well', async () => {
  const redis = await startRedisForTest({ appendfsync: 'always' });
  afterTest(() => redis.close());
  const spoolDir = await mkdtemp(path.join(tmpdir(), 'turnlog-test-spool-'));
  afterTest(() => rm(spoolDir, { recursive: true, force: true }));
  const agent = await openAgent();
  const gateway = await start({ REDIS_URL: redis.url, SPOOL_DIR: spoolDir, AGENT_URL: agent.url });
  const frames = framesOf();
  const carrier = await dial(gateway.url);
  carrier.send(frames.start);
  const socket = await agent.socket();
  await gateway.eventsUntil(frames.callSid, 'call.started');
  expect((await gateway.post(frames.callSid, turn('So'))).status).toBe(202);
  await redis.crash();
  socket.send(turn('So I'));
  await waitUntil(() => socket.received.some((text) => text.includes('"durable":"spool"')), {
    what: 'the spool acknowledges it',
    timeoutMs: 20_000,
  });
  await redis.start();
  await waitUntil(async () => (await textsOf(gateway, frames.callSid)).length === 2, {
    what: 'what was acknowledged is in the log',
    timeoutMs: 20_000,
  });
  expect((await textsOf(gateway, frames.callSid)).sort()).toEqual(['So', 'So I']);
});

describe('a request of many messages, one of which is not JSON', () => {
  test.each([
    ['NaN', '{"event":"collect","id":"bad","data":{"score":NaN}}'],
    ['Infinity', '{"event":"collect","id":"bad","data":{"score":-Infinity}}'],
    ['a raw line break', '{"event":"stage","id":"bad","stage":"a\nb"}'],
    ['Python words', "{'event':'stage','stage':None}"],
  ])('%s: that one is refused, and the other 999 are taken', async (_, bad) => {
    const gateway = await start();
    const good = Array.from({ length: 999 }, (_each, index) =>
      JSON.stringify(turn('x', { id: `t${index}` })),
    );
    const response = await gateway.post(
      'CA1',
      `[${[...good.slice(0, 500), bad, ...good.slice(500)].join(',')}]`,
    );
    const results = (await resultsOf(response)) as { status: string; error?: { code: string } }[];
    expect([response.status, results.length]).toEqual([207, 1_000]);
    expect(results.filter(({ status }) => status === 'appended')).toHaveLength(999);
    expect(results[500]).toMatchObject({ status: 'rejected', error: { code: 'not_json' } });
  });

  test('a request of that message alone, or without separable messages, is refused', async () => {
    const gateway = await start();
    for (const body of ['{"event":"stage","stage":NaN}', '[{"event":"stage","stage":"a]', 'nonsense', ''])
      expect((await gateway.post('CA1', body)).status).toBe(400);
    expect((await gateway.post('CA1', '[{"event":"stage","stage":NaN}]')).status).toBe(422);
  });
});

test.each(['None', 'null', 'undefined', 'NaN', '[object Object]', '{callSid}', '{{ call_sid }}'])(
  'the call %s is no call',
  async (callSid) => {
    const gateway = await start();
    const response = await gateway.post(callSid, turn('x'));
    expect([response.status, await response.json()]).toMatchObject([
      400,
      { error: { code: 'invalid_call_sid' } },
    ]);
  },
);

test('the log keeps all digits of a number', async () => {
  const gateway = await start();
  const data = '{"order":750727362669608961,"limit":1e400,"tiny":1e-400,"zero":-0,"price":10.50}';
  expect((await gateway.post('CA1', `{"event":"collect","id":"c","data":${data}}`)).status).toBe(202);
  const [log] = (await gateway.streams()).filter((key) => key.endsWith('/CA1:log'));
  const entries = await gateway.redis.xrange(log ?? '', '-', '+');
  expect(JSON.stringify(entries)).toContain(JSON.stringify(data).slice(1, -1));
});
