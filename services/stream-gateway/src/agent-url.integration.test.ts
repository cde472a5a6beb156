import { expect, test } from '@jest/globals';
import { dial } from './testing/bare-socket.ts';
import { framesOf } from './testing/frames.ts';
import { eventOf } from './testing/test-gateway.ts';
import { openAgent, openGateway } from './testing/open.ts';

async function setUp(template: (port: string) => string, settings: Record<string, string> = {}) {
  const agent = await openAgent();
  const url = template(new URL(agent.url).port);
  const gateway = await openGateway({ AGENT_URL: url, ...settings });
  return { agent, gateway };
}

test('a call without the values for the host of AGENT_URL is recorded without an agent, and the log has the reason', async () => {
  const { agent, gateway } = await setUp((port) => `ws://{params.host}:${port}/calls/{callSid}`);
  const [lacking, whole] = [framesOf(), framesOf({ customParameters: { host: '127.0.0.1' } })];
  const carriers = await Promise.all([dial(gateway.url), dial(gateway.url)]);
  carriers[0].send(lacking.start, lacking.stop);
  carriers[1].send(whole.start);
  const events = await gateway.eventsUntil(lacking.callSid, 'call.ended');
  expect(eventOf(events, 'agent.unreachable').data).toMatchObject({ reason: 'no_url', attempts: 0 });
  expect((await agent.socket()).path).toBe(`/calls/${whole.callSid}`);
  expect(agent.sockets).toHaveLength(1);
  expect(gateway.logLines).toContainEqual(
    expect.objectContaining({
      msg: 'agent is not reachable',
      call_sid: lacking.callSid,
      gives_up: true,
      error: expect.stringContaining('params.host') as unknown,
    }),
  );
});

test('with AGENT_GIVE_UP=hangup such a call ends with the reason agent_lost', async () => {
  const { gateway } = await setUp((port) => `ws://127.0.0.1:${port}/calls/{callSid}/live`, {
    AGENT_GIVE_UP: 'hangup',
  });
  const frames = framesOf({ callSid: '..' });
  const carrier = await dial(gateway.url);
  carrier.send(frames.start);
  const events = await gateway.eventsUntil('..', 'call.disconnected');
  expect(eventOf(events, 'call.disconnected').data.reason).toBe('agent_lost');
});

test('a parameter is cut before an emoji, and the agent of a call that closes before its start receives the start', async () => {
  const { agent, gateway } = await setUp((port) => `ws://127.0.0.1:${port}/{callSid}?note={params.note}`);
  const note = encodeURIComponent(`${'x'.repeat(1_023)}😀`);
  const carrier = await dial(`${gateway.url}?call_sid=CA-cut&note=${note}`);
  carrier.socket.close();
  expect((await agent.socket()).path).toBe(`/CA-cut?note=${'x'.repeat(1_023)}`);
  expect(
    eventOf(await gateway.eventsUntil('CA-cut', 'call.disconnected'), 'call.started').data,
  ).toMatchObject({
    customParameters: { note: 'x'.repeat(1_023) },
  });
});

test('a report that is not JSON is refused, and the call goes on', async () => {
  const { agent, gateway } = await setUp((port) => `ws://127.0.0.1:${port}/{callSid}`);
  const frames = framesOf();
  const carrier = await dial(gateway.url);
  carrier.send(frames.start);
  const socket = await agent.socket();
  const text = `{"event":"tool","name":"crm","payload":"one\ntwo ${'x'.repeat(600)}"}`;
  socket.send(text, { event: 'stage', id: 's1', stage: 'x' });
  await socket.waitFor(({ event, id }) => event === 'ack' && id === 's1');
  const refusal = await socket.waitFor(({ event }) => event === 'error');
  expect(refusal).toMatchObject({ error: { code: 'not_json' } });
  expect(carrier.received).toEqual([]);
});
