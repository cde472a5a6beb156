import { expect, test } from '@jest/globals';
import { callKeys, createCallEraser } from '@turnlog/call-log';
import { waitUntil } from '@turnlog/test-kit';
import { dial } from './testing/bare-socket.ts';
import { framesOf } from './testing/frames.ts';
import { openAgent, openGateway } from './testing/open.ts';

test('a gateway that still holds an erased call does not restore it, and refuses late reports with the reason', async () => {
  const agent = await openAgent();
  const gateway = await openGateway({
    AGENT_URL: agent.url,
    HEARTBEAT_MS: '50',
    AGENT_LINGER_MS: '10000',
  });
  const frames = framesOf();
  const carrier = await dial(gateway.url);
  carrier.send(frames.start);
  const socket = await agent.socket();
  socket.send({ event: 'turn', id: 't1', turn: { speaker: 'user', text: 'said' } });
  await gateway.eventsUntil(frames.callSid, 'turn.completed');
  carrier.send(frames.stop);
  await gateway.eventsUntil(frames.callSid, 'call.ended');
  const call = { tenant: 'default', callSid: frames.callSid };
  const retained = () => gateway.metric('gateway_retained_bytes');
  expect(await retained()).toBeGreaterThan(0);

  expect(await createCallEraser(gateway.redis, gateway.space).erase(call, 60_000)).toMatchObject({
    outcome: 'erased',
  });
  // The next heartbeat does not find the log, as if Redis had lost it, and receives the answer that the call was erased.
  await waitUntil(async () => (await retained()) === 0, { what: 'the gateway has forgotten the call' });
  socket.send({ event: 'turn', id: 't2', turn: { speaker: 'user', text: 'late' } });
  await waitUntil(() => socket.received.some((text) => text.includes('call_erased')), {
    what: 'the agent is told',
  });
  const late = await gateway.post(frames.callSid, { event: 'turn', turn: { speaker: 'user', text: 'late' } });
  expect(late.status).toBe(422);
  expect(await late.json()).toMatchObject({
    results: [{ status: 'rejected', error: { code: 'call_erased' } }],
  });
  expect(await gateway.redis.exists(callKeys(gateway.space, call).log)).toBe(0);
  expect(await gateway.redis.hgetall(callKeys(gateway.space, call).head)).toEqual({ erased: '1' });
});

test('reports of an erased call that a gateway keeps are not restored', async () => {
  const gateway = await openGateway({ HEARTBEAT_MS: '50' });
  const frames = framesOf();
  const carrier = await dial(gateway.url);
  carrier.send(frames.start);
  await gateway.eventsUntil(frames.callSid, 'call.started');
  carrier.send(frames.stop);
  await gateway.eventsUntil(frames.callSid, 'call.ended');
  const report = { event: 'turn', turn: { speaker: 'user', text: 'late' } };
  expect((await gateway.post(frames.callSid, report)).status).toBe(202);
  const call = { tenant: 'default', callSid: frames.callSid };
  expect(await createCallEraser(gateway.redis, gateway.space).erase(call, 60_000)).toMatchObject({
    outcome: 'erased',
  });
  await waitUntil(async () => (await gateway.metric('gateway_retained_bytes')) === 0, {
    what: 'the gateway has forgotten the call',
  });
  expect(await gateway.redis.hgetall(callKeys(gateway.space, call).head)).toEqual({ erased: '1' });
  expect(await gateway.redis.exists(callKeys(gateway.space, call).log)).toBe(0);
});
