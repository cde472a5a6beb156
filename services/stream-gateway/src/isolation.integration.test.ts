import { afterAll, afterEach, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { waitUntil } from '@turnlog/test-kit';
import http from 'node:http';
import { type Socket } from 'node:net';
import { WebSocket } from 'ws';
import { AgentChannel } from './agent/agent-channel.ts';
import { AgentRelay } from './agent/agent-relay.ts';
import { FrameQueue } from './agent/frame-queue.ts';
import { BufferPool } from './audio/buffer-pool.ts';
import { CallConnection } from './exotel/call-connection.ts';
import { Liveness } from './exotel/liveness.ts';
import { StreamSockets } from './exotel/stream-sockets.ts';
import { CallEventsEndpoint } from './http/endpoints/call-events-endpoint.ts';
import { StreamUpgrades } from './http/server/stream-upgrades.ts';
import { PendingConnections } from './limits/pending-connections.ts';
import { StreamQuotas } from './limits/stream-quotas.ts';
import { Digest } from './report/digest.ts';
import { EventProducer, Retention } from '@turnlog/delivery';
import { dial, startAgent, type BareAgent, type BareSocket } from './testing/bare-socket.ts';
import { framesOf } from './testing/frames.ts';
import { eventOf, startTestGateway, type TestGateway } from './testing/test-gateway.ts';

/*
 * Each way into the code of one call is made to throw once, on a gateway with a neighbour's call. An exception that nothing
 * catches ends a process, and here the test.
 */

let agent: BareAgent;
let gateway: TestGateway;

beforeAll(async () => {
  agent = await startAgent();
  gateway = await startTestGateway({
    AGENT_URL: `${agent.url}/{callSid}`,
    CARRIER_BUFFER_BYTES: '65536',
    HEARTBEAT_MS: '50',
  });
});

afterAll(async () => {
  await gateway.stop();
  await agent.close();
});

afterEach(() => {
  jest.restoreAllMocks();
  for (const { socket } of carriers.splice(0)) socket.terminate();
  for (const socket of unanswered.splice(0)) socket.terminate();
});

const fail = (): never => {
  throw new Error('a fault of this test');
};
const once = <T extends object>(
  target: T,
  method: { [K in keyof T]: T[K] extends (...args: never[]) => unknown ? K : never }[keyof T],
): void => {
  jest.spyOn(target as Record<string, () => unknown>, method as string).mockImplementationOnce(fail);
};

/** Makes `openCall`, which is read in several places, fail once in this one. */
const failIn = (caller: string): void => {
  Error.stackTraceLimit = 50;
  let hasFailed = false;
  jest.spyOn(CallConnection.prototype, 'openCall', 'get').mockImplementation(() => {
    if (hasFailed || new Error().stack?.includes(caller) !== true) return undefined;
    hasFailed = true;
    return fail();
  });
};

const carriers: BareSocket[] = [];
/** Sockets whose upgrade failed. */
const unanswered: WebSocket[] = [];

interface Call {
  readonly frames: ReturnType<typeof framesOf>;
  readonly carrier: BareSocket;
}

const agentOf = ({ frames }: Call): Promise<BareSocket> =>
  waitUntil(() => agent.sockets.find(({ path }) => path === `/${frames.callSid}`), {
    what: 'its agent is there',
  });
const rawOf = ({ socket }: BareSocket): Socket => (socket as unknown as { _socket: Socket })._socket;
const faultsOf = (entry: string) => gateway.logLines.filter((line) => line['step'] === entry);
const turn = { event: 'turn', id: 't1', turn: { speaker: 'user', text: 'word' } };

/** Two calls; what fails first fails for the first of them. */
async function twoCalls(): Promise<{ readonly call: Call; readonly neighbour: Call }> {
  await waitUntil(async () => (await gateway.metric('gateway_connections')) === 0, {
    what: 'no earlier call is there',
  });
  const call = { frames: framesOf(), carrier: await dial(gateway.url) };
  const neighbour = { frames: framesOf(), carrier: await dial(gateway.url) };
  carriers.push(call.carrier, neighbour.carrier);
  await begin(neighbour);
  return { call, neighbour };
}

async function begin(call: Call): Promise<BareSocket> {
  call.carrier.send(call.frames.start);
  const socket = await agentOf(call);
  await socket.waitFor(({ event }) => event === 'start');
  return socket;
}

/** The neighbour's call goes on and ends as it should. */
async function expectUnharmed({ frames, carrier }: Call): Promise<void> {
  (await agentOf({ frames, carrier })).send(turn);
  carrier.send(frames.media(), frames.stop);
  const events = await gateway.eventsUntil(frames.callSid, 'call.ended');
  expect(events.map(({ type }) => type)).toEqual([
    'call.started',
    'turn.completed',
    'audio.summarised',
    'call.ended',
  ]);
  carrier.socket.close();
}

describe('a fault ends its call, with the reason in the record and in the log, and no other call:', () => {
  test.each<[entry: string, provoke: (call: Call) => Promise<unknown>]>([
    [
      'carrier.message',
      async (call) => {
        await begin(call);
        once(Liveness.prototype, 'onFrame');
        call.carrier.send(call.frames.media());
      },
    ],
    [
      'carrier.pong',
      async (call) => {
        await begin(call);
        once(Liveness.prototype, 'onPong');
        call.carrier.socket.pong();
      },
    ],
    [
      'carrier.error',
      async (call) => {
        await begin(call);
        failIn('receiverOnError');
        rawOf(call.carrier).write(Buffer.from([0xff, 0x00]));
      },
    ],
    [
      'carrier.close',
      async (call) => {
        await begin(call);
        once(CallConnection.prototype, 'end');
        call.carrier.socket.terminate();
      },
    ],
    [
      'carrier.sent',
      async (call) => {
        const socket = await begin(call);
        const setPaused = jest.spyOn(AgentRelay.prototype, 'setPaused');
        setPaused.mockImplementation((isPaused) => (isPaused ? undefined : fail()));
        rawOf(call.carrier).pause();
        const filler = { event: 'clear', filler: 'x'.repeat(200_000) };
        await waitUntil(
          () => {
            socket.send(filler);
            return setPaused.mock.calls.length > 0;
          },
          { what: 'the agent has to wait', timeoutMs: 20_000 },
        );
        rawOf(call.carrier).resume();
      },
    ],
    [
      'tick',
      async (call) => {
        await begin(call);
        once(Liveness.prototype, 'check');
      },
    ],
    [
      'heartbeat',
      async (call) => {
        await begin(call);
        failIn('openCalls');
      },
    ],
    [
      'agent.open',
      async (call) => {
        once(FrameQueue.prototype, 'takeAll');
        call.carrier.send(call.frames.start);
        await agentOf(call);
      },
    ],
    [
      'agent.message',
      async (call) => {
        const socket = await begin(call);
        once(AgentChannel.prototype, 'receive');
        socket.send(turn);
      },
    ],
    [
      'agent.close',
      async (call) => {
        const socket = await begin(call);
        once(FrameQueue.prototype, 'takeAll');
        socket.socket.close(1000);
      },
    ],
    [
      'agent.reconnect',
      async (call) => {
        const socket = await begin(call);
        once(http, 'request');
        socket.socket.close(1011);
      },
    ],
    [
      'agent.receipt',
      async (call) => {
        const socket = await begin(call);
        once(AgentRelay.prototype, 'reply');
        socket.send(turn);
      },
    ],
    [
      'agent.read',
      async (call) => {
        const socket = await begin(call);
        once(EventProducer.prototype, 'addEncoded');
        // So large that another thread reads it.
        socket.send({ ...turn, turn: { speaker: 'user', text: 'x'.repeat(20_000) } });
      },
    ],
    [
      'audio.done',
      async (call) => {
        await begin(call);
        once(BufferPool.prototype, 'giveBack');
        call.carrier.send(call.frames.media(500));
      },
    ],
  ])('%s', async (entry, provoke) => {
    const { call, neighbour } = await twoCalls();
    await provoke(call);
    const events = await gateway.eventsUntil(call.frames.callSid, 'call.disconnected');
    jest.restoreAllMocks();
    expect(events[0]?.type).toBe('call.started');
    expect(eventOf(events, 'call.disconnected').data.reason).toBe('internal_error');
    expect(faultsOf(entry)).toMatchObject([
      { level: 50, call_sid: call.frames.callSid, err: { message: 'a fault of this test' } },
    ]);
    await call.carrier.closed();
    await expectUnharmed(neighbour);
  });
});

describe('a fault after the end of a call affects only its agent:', () => {
  test.each<[entry: string, method: 'close' | 'terminate']>([
    ['agent.linger', 'close'],
    ['agent.goodbye', 'terminate'],
  ])('%s', async (entry, method) => {
    const { call, neighbour } = await twoCalls();
    const socket = await begin(call);
    // Of an agent that doesn't answer a close any more.
    rawOf(socket).pause();
    // Before the end: the linger begins there, and is over before a slow machine has seen the end in the log.
    once(WebSocket.prototype, method);
    call.carrier.send(call.frames.stop);
    await gateway.eventsUntil(call.frames.callSid, 'call.ended');
    await waitUntil(() => faultsOf(entry)[0], { what: 'it fails', timeoutMs: 10_000 });
    jest.restoreAllMocks();
    rawOf(socket).resume();
    await waitUntil(() => socket.closeCode, { what: 'the agent is let go of' });
    call.carrier.socket.close();
    await expectUnharmed(neighbour);
  });
});

describe('a fault in a task that calls share is logged, and the calls go on:', () => {
  test.each<[entry: string, provoke: () => unknown]>([
    ['tick.sockets', () => once(StreamSockets.prototype, 'tick')],
    ['tick.digests', () => once(Digest.prototype, 'report')],
    ['tick.retention', () => once(Retention.prototype, 'enforceLimit')],
    ['retention.compare', () => once(EventProducer.prototype, 'compareWithHead')],
    [
      'http.connection',
      async () => {
        once(PendingConnections.prototype, 'accept');
        const socket = await dial(gateway.url);
        socket.socket.close();
      },
    ],
    [
      'http.upgrade',
      () => {
        once(StreamUpgrades.prototype, 'take');
        const socket = new WebSocket(gateway.url).on('error', () => undefined);
        unanswered.push(socket);
      },
    ],
    [
      'http.leave',
      async () => {
        jest.spyOn(StreamQuotas.prototype, 'take').mockResolvedValueOnce({ ok: true, release: fail });
        const socket = await dial(gateway.url);
        socket.socket.close();
      },
    ],
  ])('%s', async (entry, provoke) => {
    const { call, neighbour } = await twoCalls();
    await begin(call);
    await provoke();
    await waitUntil(() => faultsOf(entry)[0], { what: 'it fails' });
    call.carrier.send(call.frames.stop);
    await gateway.eventsUntil(call.frames.callSid, 'call.ended');
    await expectUnharmed(neighbour);
  });

  test('a request', async () => {
    once(CallEventsEndpoint.prototype, 'answer');
    expect((await gateway.post('CA-request', turn)).status).toBe(500);
    expect((await gateway.post('CA-request', turn)).status).toBe(202);
  });
});

test('a call that fails while the gateway is stopped does not keep the others from being ended', async () => {
  const stopping = await startTestGateway();
  const calls = [framesOf(), framesOf()];
  for (const frames of calls) (await dial(stopping.url)).send(frames.start);
  for (const { callSid } of calls) await stopping.eventsUntil(callSid, 'call.started');
  once(CallConnection.prototype, 'end');
  await stopping.lifecycle.stop('test');
  const reasons = await Promise.all(
    calls.map(
      async ({ callSid }) => eventOf(await stopping.events(callSid), 'call.disconnected').data.reason,
    ),
  );
  expect(reasons.sort()).toEqual(['drained', 'internal_error']);
  stopping.redis.disconnect();
});
