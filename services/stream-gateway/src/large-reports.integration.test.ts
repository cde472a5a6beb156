import { expect, test } from '@jest/globals';
import { waitUntil } from '@turnlog/test-kit';
import { type EventResult } from './domain/agent-answer.ts';
import { dial } from './testing/bare-socket.ts';
import { framesOf } from './testing/frames.ts';
import { openAgent, openGateway } from './testing/open.ts';

const DIGITS = '9 8 7 6 5 ';
const turn = (id: string, bytes: number): string =>
  `{"event":"turn","id":"${id}","turn":{"speaker":"user","text":"${DIGITS.repeat(bytes / DIGITS.length)}"}}`;
const deep = (id: string, depth: number): string =>
  `{"event":"tool","id":"${id}","name":"n","result":${'['.repeat(depth)}${']'.repeat(depth)}}`;
const resultsOf = async (response: Response): Promise<EventResult[]> =>
  ((await response.json()) as { results: EventResult[] }).results;

test('a message that is too large or too deep is refused under its own id, and its neighbours are stored', async () => {
  const gateway = await openGateway({ MAX_EVENT_BYTES: '65536' });
  const messages = [turn('t1', 100), turn('t2', 70_000), deep('t3', 100_000 / 4), turn('t4', 50_000)];
  const response = await gateway.post('CA-mixed', `[${messages.join(',')}]`);
  expect(response.status).toBe(207);
  expect(await resultsOf(response)).toMatchObject([
    { id: 't1', status: 'appended' },
    { id: 't2', status: 'rejected', error: { code: 'too_large' } },
    { id: 't3', status: 'rejected', error: { code: 'too_deep' } },
    { id: 't4', status: 'appended' },
  ]);
});

test.each([65, 5_000, 100_000])(
  'a message that is nested %d levels deep is refused, and no fault',
  async (depth) => {
    const gateway = await openGateway();
    const response = await gateway.post('CA-deep', deep('d', depth));
    expect(response.status).toBe(422);
    expect(await resultsOf(response)).toMatchObject([{ id: 'd', error: { code: 'too_deep' } }]);
  },
);

test('a large request is read in a thread and does not delay other requests', async () => {
  const gateway = await openGateway({ REDACTION: 'mask' });
  const body = `[${Array.from({ length: 3 }, (_, index) => turn(`t${index}`, 1_000_000)).join(',')}]`;
  // The thread begins with its first reading.
  await gateway.post('CA-first', turn('t', 20_000));
  let [last, longestMs, isDone] = [performance.now(), 0, false];
  const turnOver = (): void => {
    longestMs = Math.max(longestMs, performance.now() - last);
    last = performance.now();
    if (!isDone) setTimeout(turnOver, 1);
  };
  const startMs = performance.now();
  turnOver();
  const response = await gateway.post('CA-large', body);
  isDone = true;
  expect(response.status).toBe(202);
  // Read at once, nearly all of it would be one turn of the loop.
  expect(longestMs / (performance.now() - startMs)).toBeLessThan(0.5);
});

test('a large report on a socket is read in a thread, and later frames stay behind it', async () => {
  const agent = await openAgent();
  const gateway = await openGateway({ AGENT_URL: agent.url });
  const frames = framesOf();
  const carrier = await dial(gateway.url);
  carrier.send(frames.start);
  const socket = await agent.socket();
  const ids = ['t1', 't2', 't3', 't4', 't5'];
  socket.send(turn('t1', 900_000), turn('t2', 10), turn('t3', 300_000), turn('t4', 10), deep('d', 50_000));
  socket.send(turn('t5', 10));
  socket.socket.close(1000);
  // The agent's last reports are read before its end is handled.
  await gateway.eventsUntil(frames.callSid, 'call.disconnected', 20_000);
  await waitUntil(async () => (await gateway.events(frames.callSid)).some(({ id }) => id === 'turn:t5'), {
    what: 'the last turn is stored',
    timeoutMs: 20_000,
  });
  const turns = (await gateway.events(frames.callSid)).filter(({ type }) => type === 'turn.completed');
  expect(turns.map(({ id }) => id)).toEqual(ids.map((id) => `turn:${id}`));
});

test('a call, a tenant and an address have limits on bytes per second, over HTTP and on a socket', async () => {
  const limits = [
    { MAX_BYTES_PER_SECOND: '1024' },
    { MAX_TENANT_BYTES_PER_SECOND: '1024' },
    { MAX_ADDRESS_BYTES_PER_SECOND: '1024' },
  ];
  for (const settings of limits) {
    const gateway = await openGateway(settings);
    const bodies = Array.from({ length: 10 }, (_, index) => turn(`t${index}`, 1_000_000));
    const statuses: number[] = [];
    for (const body of bodies) statuses.push((await gateway.post('CA-bytes', body)).status);
    expect(statuses.slice(0, 8)).toEqual(Array(8).fill(202));
    expect(statuses.slice(8)).toEqual([429, 429]);
  }
  const agent = await openAgent();
  const gateway = await openGateway({ AGENT_URL: agent.url, MAX_BYTES_PER_SECOND: '1024' });
  (await dial(gateway.url)).send(framesOf().start);
  const socket = await agent.socket();
  socket.send(turn('t1', 10_000), turn('t2', 10_000));
  expect(await socket.waitFor(({ event }) => event === 'error')).toMatchObject({
    id: 't2',
    error: { code: 'too_fast' },
  });
});
