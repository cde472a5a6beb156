import { expect, test } from '@jest/globals';
import { foldEvents, initialState, toCallRecord } from '@turnlog/call-events';
import { encodeClear, encodeMark, encodeMedia } from '@turnlog/exotel';
import { waitUntil } from '@turnlog/test-kit';
import { dial, type BareSocket } from './testing/bare-socket.ts';
import { framesOf } from './testing/frames.ts';
import { eventOf, type TestGateway } from './testing/test-gateway.ts';
import { openAgent, openGateway } from './testing/open.ts';

interface Conversation {
  readonly gateway: TestGateway;
  readonly frames: ReturnType<typeof framesOf>;
  readonly carrier: BareSocket;
  readonly agent: BareSocket;
}

async function startCall(settings: Record<string, string> = {}): Promise<Conversation> {
  const agent = await openAgent();
  const gateway = await openGateway({ AGENT_URL: agent.url, ...settings });
  const frames = framesOf();
  const carrier = await dial(gateway.url);
  carrier.send(frames.start);
  return { gateway, frames, carrier, agent: await agent.socket() };
}

const audio = () =>
  encodeMedia({ streamSid: 's', sequence: 1, chunk: 1, timestampMs: 0, audio: Buffer.alloc(320, 1) });
const mark = (name: string) => encodeMark({ streamSid: 's', sequence: 2, name });
const clear = () => encodeClear({ streamSid: 's', sequence: 3 });

async function recordOf({ gateway, frames }: Conversation, until: 'call.ended' | 'call.disconnected') {
  const events = await gateway.eventsUntil(frames.callSid, until);
  const call = { tenant: 'default', callSid: frames.callSid };
  return { events, record: toCallRecord(foldEvents(initialState(call), events)) };
}

test('when the caller interrupts, the heard part is stored beside the whole text', async () => {
  const call = await startCall();
  const { frames, carrier, agent } = call;
  const marks = [
    { name: 'q1', text: 'Great! ' },
    { name: 'q2', text: 'What is your budget, ' },
    { name: 'q3', text: 'and where?' },
  ];
  const text = 'Great! What is your budget, and where?';
  agent.send({ event: 'turn', id: 't1', turn: { speaker: 'ai', text, marks } });
  for (const { name } of marks) agent.send(audio(), mark(name));
  await waitUntil(() => carrier.received.length === 6, { what: 'the carrier has all of it' });
  carrier.send(frames.mark('q1'));
  await agent.waitFor(({ event }) => event === 'mark');
  agent.send(clear());
  await waitUntil(() => carrier.received.length === 7, { what: 'the carrier has the clear' });
  // A carrier that returns cleared marks: they prove nothing.
  carrier.send(frames.mark('q2'), frames.mark('q3'), frames.stop);
  const { events, record } = await recordOf(call, 'call.ended');
  expect(record.transcript[0]).toMatchObject({ text, heard_text: 'Great! ', interrupted: true });
  expect(eventOf(events, 'playback.cleared').data).toMatchObject({ cause: 'clear', marks: ['q2', 'q3'] });
  expect(events.filter(({ type }) => type === 'mark.played').map(({ data }) => data)).toEqual([
    { name: 'q1' },
    { name: 'q2', heard: false },
    { name: 'q3', heard: false },
  ]);
  expect(events.filter(({ type }) => type === 'playback.cleared')).toHaveLength(1);
});

test('a caller who hangs up in the middle of a turn has heard what was played until then', async () => {
  const call = await startCall({ AGENT_LINGER_MS: '10000' });
  const { frames, carrier, agent } = call;
  agent.send(audio(), mark('t1'), audio(), mark('t2'));
  await waitUntil(() => carrier.received.length === 4, { what: 'the carrier has both turns' });
  carrier.send(frames.mark('t1'));
  await agent.waitFor(({ event }) => event === 'mark');
  carrier.socket.terminate();
  await agent.waitFor(({ event }) => event === 'stop');
  // Reported late and without marks: these have the names of the turns.
  agent.send(
    { event: 'turn', id: 't1', turn: { speaker: 'ai', text: 'Hello.', timestamp: 1_769_339_725_000 } },
    {
      event: 'turn',
      id: 't2',
      turn: { speaker: 'ai', text: 'Are you there?', timestamp: 1_769_339_726_000 },
    },
  );
  await agent.waitFor(({ id }) => id === 't2');
  agent.socket.terminate();
  const { record } = await recordOf(call, 'call.disconnected');
  const [first, second] = record.transcript;
  expect(first).not.toHaveProperty('interrupted');
  expect(second).toMatchObject({ text: 'Are you there?', heard_text: '', interrupted: true });
});

test('marks, clears and audio reach the carrier in the order in which the agent sent them', async () => {
  const { carrier, agent } = await startCall();
  const sent = Array.from({ length: 60 }, (_, n) => [
    audio(),
    mark(`m${n}`),
    ...(n % 7 === 0 ? [clear()] : []),
  ]);
  sent.forEach((frames, n) => {
    agent.send(...frames, { event: 'turn', id: `t${n}`, turn: { speaker: 'ai', text: 'x' } });
  });
  const expected = sent.flat();
  await waitUntil(() => carrier.received.length === expected.length, { what: 'the carrier has all frames' });
  expect(carrier.received).toEqual(expected);
  carrier.socket.terminate();
});

test('a mark behind audio that was dropped on its way to the carrier proves nothing', async () => {
  const call = await startCall({ CARRIER_BUFFER_BYTES: String(64 * 1024) });
  const { gateway, frames, carrier, agent } = call;
  carrier.socket.pause();
  const second = encodeMedia({
    ...{ streamSid: 's', sequence: 1, chunk: 1, timestampMs: 0 },
    audio: Buffer.alloc(90_000, 1),
  });
  // More than the kernel's buffers hold.
  agent.send(...Array.from({ length: 150 }, () => second), mark('m1'), mark('m2'));
  const dropped = 'gateway_agent_frames_total{fate="dropped"';
  await waitUntil(async () => ((await gateway.metric(dropped)) ?? 0) > 0, { what: 'audio is dropped' });
  carrier.socket.resume();
  await carrier.waitFor(({ event, mark }) => event === 'mark' && (mark as { name: string }).name === 'm2');
  carrier.send(frames.mark('m1'), frames.mark('m2'), frames.stop);
  const { events } = await recordOf(call, 'call.ended');
  expect(events.filter(({ type }) => type === 'mark.played').map(({ data }) => data)).toEqual([
    { name: 'm1', heard: false },
    { name: 'm2' },
  ]);
});
