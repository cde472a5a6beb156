import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { placeCall, simulateCalls } from '@turnlog/exotel-simulator';
import { deferred } from '@turnlog/service-kit';
import { freePort, waitUntil } from '@turnlog/test-kit';
import { WebSocket, WebSocketServer } from 'ws';
import { agentsOverHttp, agentsOverSocket } from './agents.ts';
import { generateTurns } from './agent-script.ts';
import { startSampleAgent } from './sample-agent.ts';

const OPTIONS = { script: generateTurns(4), speed: Infinity, now: Date.now };

/** Relays a call to an agent, as a gateway does, and acknowledges what the agent reports. */
function relayTo(agentUrl: string, carrier: WebSocket, acknowledge: (send: () => void) => void): void {
  const agent = new WebSocket(agentUrl);
  const early: string[] = [];
  agent.on('open', () => early.splice(0).forEach((frame) => agent.send(frame)));
  carrier.on('message', (data) => {
    const frame = (data as Buffer).toString();
    if (agent.readyState === WebSocket.OPEN) agent.send(frame);
    else early.push(frame);
  });
  agent.on('message', (data) => {
    const { event, id } = JSON.parse((data as Buffer).toString()) as { event: string; id?: string };
    const ack = JSON.stringify({ event: 'ack', id, status: 'appended', seq: 1 });
    if (event !== 'media') acknowledge(() => agent.send(ack));
  });
}

describe('agents of simulated calls', () => {
  let gateway: WebSocketServer;
  let acknowledge: (send: () => void) => unknown;
  let url: string;
  let agentUrl: string | undefined;
  beforeAll(async () => {
    gateway = new WebSocketServer({ port: 0, host: '127.0.0.1' });
    gateway.on('connection', (carrier) => {
      carrier.on('message', () => undefined);
      if (agentUrl !== undefined) relayTo(agentUrl, carrier, (send) => acknowledge(send));
    });
    await once(gateway, 'listening');
    url = `ws://127.0.0.1:${(gateway.address() as AddressInfo).port}`;
  });
  beforeEach(() => void (acknowledge = (send) => send()));
  afterAll(async () => {
    const closed = once(gateway, 'close');
    gateway.close();
    for (const client of gateway.clients) client.terminate();
    await closed;
  });

  it('over a socket report everything, and leave when all of it is acknowledged', async () => {
    const agents = await agentsOverSocket(await freePort(), OPTIONS);
    agentUrl = agents.url;
    const outcomes = await simulateCalls({
      calls: 3,
      concurrency: 2,
      call: { url, audio: 0.2, pace: 'flat-out' },
      converse: agents.converse,
      signal: new AbortController().signal,
      onProgress: () => undefined,
    });
    await agents.close();
    expect(outcomes.map(({ conversation }) => conversation)).toEqual(
      outcomes.map(() => ({
        appended: OPTIONS.script.length,
        duplicate: 0,
        rejected: 0,
        problem: undefined,
      })),
    );
    expect(outcomes.map(({ report }) => report.end.how)).toEqual(['hung-up', 'hung-up', 'hung-up']);
  });

  it('over a socket call onSaid when the last report is acknowledged', async () => {
    const held: (() => void)[] = [];
    acknowledge = (send) => held.push(send);
    const said = deferred();
    let hasSaid = false;
    const onSaid = (): void => {
      hasSaid = true;
      said.resolve();
    };
    const agent = await startSampleAgent({ ...OPTIONS, onSaid });
    agentUrl = agent.url;
    const call = placeCall({ url, audio: 0, hangUpAfterMs: Infinity });
    const conversation = agent.conversation(call.callSid);
    await waitUntil(() => held.length === OPTIONS.script.length, { what: 'all of it is reported' });
    for (const send of held.slice(1)) send();
    await waitUntil(() => conversation.tally.appended === held.length - 1, { what: 'one is not answered' });
    expect(hasSaid).toBe(false);
    held[0]?.();
    await said.promise;
    call.hangUp();
    await Promise.all([call.finished, conversation.left]);
    await agent.close();
  });

  it('over a socket report the AGENT_URL as the problem when no gateway dials them', async () => {
    const port = await freePort();
    const agents = await agentsOverSocket(port, OPTIONS, 50);
    agentUrl = undefined;
    const call = placeCall({ url, audio: 0, pace: 'flat-out' });
    const tally = await agents.converse(call, new AbortController().signal);
    await agents.close();
    expect(tally).toMatchObject({
      rejected: OPTIONS.script.length,
      problem: `the gateway has not called the agent: its AGENT_URL has to be ws://127.0.0.1:${port}/{callSid}`,
    });
  });

  it('over a socket need a port that is free', async () => {
    const port = Number(new URL(url).port);
    await expect(agentsOverSocket(port, OPTIONS)).rejects.toThrow(`The agent can't listen on port ${port}: `);
  });

  it('over HTTP count what a server that is not a gateway rejects', async () => {
    const call = placeCall({ url, audio: 0, pace: 'flat-out' });
    const agents = agentsOverHttp(
      { url: url.replace('ws', 'http') },
      { ...OPTIONS, script: generateTurns(1) },
    );
    const tally = await agents.converse(call, new AbortController().signal);
    await call.finished;
    expect(tally).toMatchObject({ appended: 0, rejected: 1, problem: 'the gateway answered 426' });
  });
});
