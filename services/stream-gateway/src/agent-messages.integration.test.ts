import { expect, test } from '@jest/globals';
import { waitUntil } from '@turnlog/test-kit';
import { dial } from './testing/bare-socket.ts';
import { framesOf } from './testing/frames.ts';
import { eventOf } from './testing/test-gateway.ts';
import { answersOf, isError, turn } from './testing/messages.ts';
import { openGatewayWithAgent } from './testing/open.ts';

test('each message of the agent becomes an event, in order, acknowledged with its seq', async () => {
  const { agent, gateway } = await openGatewayWithAgent();
  const frames = framesOf();
  const carrier = await dial(gateway.url);
  carrier.send(frames.start);
  const socket = await agent.socket();
  socket.send(
    turn('t1', 'Around 50 lakhs'),
    { event: 'collect', id: 'c1', data: { budget: 5_000_000 } },
    { event: 'stage', stage: 'discovery' },
    { event: 'objection', text: 'too far' },
    { event: 'outcome', outcome: 'qualified' },
    { event: 'tool', name: 'lookup', arguments: {}, result: {} },
    { event: 'speaking', speaking: true },
  );
  await waitUntil(() => answersOf(socket).length === 7, { what: 'all are acknowledged' });
  expect(answersOf(socket)).toEqual([
    { event: 'ack', id: 't1', status: 'appended', seq: 2 },
    { event: 'ack', id: 'c1', status: 'appended', seq: 3 },
    ...[4, 5, 6, 7, 8].map((seq) => ({ event: 'ack', id: null, status: 'appended', seq })),
  ]);
  const events = await gateway.events(frames.callSid);
  expect(events.map(({ type }) => type)).toEqual([
    'call.started',
    'turn.completed',
    'data.collected',
    'stage.changed',
    'objection.raised',
    'outcome.decided',
    'tool.called',
    'speaking.changed',
  ]);
  expect(eventOf(events, 'turn.completed').id).toBe('turn:t1');
  carrier.socket.terminate();
});

test('a message that is sent twice, on the socket or over HTTP, is one event', async () => {
  const { agent, gateway } = await openGatewayWithAgent();
  const frames = framesOf();
  const carrier = await dial(gateway.url);
  carrier.send(frames.start);
  const socket = await agent.socket();
  socket.send(turn('t1', 'once'), turn('t1', 'once'));
  await waitUntil(() => answersOf(socket).length === 2, { what: 'both are answered' });
  expect(answersOf(socket)[1]).toEqual({ event: 'ack', id: 't1', status: 'duplicate', seq: 2 });
  const overHttp = await gateway.post(frames.callSid, turn('t1', 'once'));
  expect(await overHttp.json()).toEqual({ results: [{ id: 't1', status: 'duplicate', seq: 2 }] });
  await gateway.post(frames.callSid, turn('t2', 'first over HTTP'));
  socket.send(turn('t2', 'first over HTTP'));
  expect(await socket.waitFor(({ id }) => id === 't2')).toMatchObject({ status: 'duplicate', seq: 3 });
  expect((await gateway.events(frames.callSid)).map(({ id }) => id)).toHaveLength(3);
  carrier.socket.terminate();
});

test('the answer to a bad message names the field, and the socket stays open', async () => {
  const { agent, gateway } = await openGatewayWithAgent({ MAX_EVENT_BYTES: '2000' });
  const frames = framesOf();
  const carrier = await dial(gateway.url);
  carrier.send(frames.start);
  const socket = await agent.socket();
  const nested = JSON.stringify({ event: 'collect', id: 'deep', data: { a: 1 } }).replace(
    '1',
    `${'['.repeat(80)}${']'.repeat(80)}`,
  );
  socket.send(
    { event: 'turn', id: 'b1', turn: { speaker: 'robot', text: 1 } },
    { event: 'collect', id: 'b2' },
    nested,
    turn('big', 'x'.repeat(3000)),
    turn('good', 'still here'),
  );
  await waitUntil(() => answersOf(socket).length === 5, { what: 'all are answered' });
  const answers = new Map(answersOf(socket).map((answer) => [answer['id'], answer]));
  expect(answers.get('b1')).toMatchObject({ error: { code: 'invalid_message' } });
  expect(JSON.stringify(answers.get('b1'))).toContain('turn.speaker: expected user, ai, agent or system');
  expect(JSON.stringify(answers.get('b1'))).toContain('turn.text');
  expect(JSON.stringify(answers.get('b2'))).toContain('data');
  expect(answers.get('deep')).toMatchObject({ error: { code: 'too_deep' } });
  expect(answers.get('big')).toMatchObject({ error: { code: 'too_large' } });
  expect(answers.get('good')).toMatchObject({ event: 'ack', status: 'appended' });
  expect(carrier.received).toEqual([]);
  carrier.socket.terminate();
});

test('a full call refuses turns and accepts its end', async () => {
  const { agent, gateway } = await openGatewayWithAgent({ MAX_EVENTS_PER_CALL: '10' });
  const frames = framesOf();
  const carrier = await dial(gateway.url);
  carrier.send(frames.start);
  const socket = await agent.socket();
  socket.send(...Array.from({ length: 12 }, (_, index) => turn(`t${index}`, 'word')));
  await waitUntil(() => answersOf(socket).length === 12, { what: 'all are answered' });
  expect(answersOf(socket).filter(isError)).toHaveLength(3);
  expect(answersOf(socket).at(-1)).toMatchObject({ error: { code: 'call_full' } });
  carrier.send(frames.stop);
  await gateway.eventsUntil(frames.callSid, 'call.ended');
});

test('a report that is not JSON is refused, and neither it nor an array of reports goes to the carrier', async () => {
  const { agent, gateway } = await openGatewayWithAgent();
  const carrier = await dial(gateway.url);
  carrier.send(framesOf().start);
  const socket = await agent.socket();
  socket.send(
    '{"event":"collect","id":"nan","data":{"budget":NaN}}',
    `{"event":"turn","id":9007199254740993,"turn":{"speaker":"user","text":"one\ntwo"}}`,
    "{'event': 'stage', 'stage': 'x'}",
    JSON.stringify([turn('t1', 'in an array')]),
    'not meant for Turnlog {',
  );
  await waitUntil(() => answersOf(socket).length === 4 && carrier.received.length > 0, {
    what: 'all are answered',
  });
  expect(carrier.received).toEqual(['not meant for Turnlog {']);
  expect(answersOf(socket).map(({ id, error }) => [id, (error as { code: string }).code])).toEqual([
    ['nan', 'not_json'],
    ['9007199254740993', 'not_json'],
    [null, 'not_json'],
    [null, 'not_an_object'],
  ]);
});
