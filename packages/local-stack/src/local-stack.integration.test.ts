import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { placeCall, type PlaceCallOptions, type SimulatedCall } from '@turnlog/exotel-simulator';
import { waitUntil } from '@turnlog/test-kit';
import { startTestStack, type TestStack } from './local-stack.test-support.ts';
import { readRunningStack } from './stack-file.ts';

const TURNS = [
  { event: 'turn', id: 't1', turn: { speaker: 'ai', text: 'What is your budget?', timestamp: Date.now() } },
  { event: 'turn', id: 't2', turn: { speaker: 'user', text: 'Around 50 lakhs', timestamp: Date.now() + 1 } },
  { event: 'collect', id: 'c1', data: { budget: 5_000_000 } },
];

describe('a local stack', () => {
  let test: TestStack;
  beforeAll(async () => {
    test = await startTestStack();
  });
  afterAll(() => test.close());

  /** A call in progress with these turns. */
  async function callWithTurns(options: Partial<PlaceCallOptions> = {}): Promise<SimulatedCall> {
    const url = test.stack.streamUrls[0] ?? '';
    const call = placeCall({ url, audio: 0.2, hangUpAfterMs: Infinity, ...options });
    expect(await call.connected).toBe(true);
    await test.report(call.callSid, ...TURNS);
    return call;
  }

  async function expectWholeRecord(callSid: string, endReason: string): Promise<void> {
    const call = await test.record(callSid);
    expect(call.full_transcript.map(({ text }) => text)).toEqual(['What is your budget?', 'Around 50 lakhs']);
    expect(call.collected_data).toEqual({ budget: 5_000_000 });
    expect(call.end_reason).toBe(endReason);
    expect(await test.store.verifyCall({ tenant: 'default', callSid })).toEqual({ ok: true });
  }

  it('accepts a call and writes its record', async () => {
    const call = await callWithTurns();
    call.hangUp();
    await expectWholeRecord(call.callSid, 'callended');
  });

  it('records a call that is cut without a stop', async () => {
    const call = await callWithTurns();
    call.drop('no-stop');
    await expectWholeRecord(call.callSid, 'socket_closed');
  });

  it('ends the calls of a killed gateway, and restarts it', async () => {
    const gateway = test.stack.service('gateway-1');
    const firstPid = gateway.pid;
    const call = await callWithTurns();
    gateway.kill('SIGKILL');

    await expectWholeRecord(call.callSid, 'gateway_lost');
    expect(test.notices).toContainEqual(
      expect.stringMatching(/^gateway-1 ended with SIGKILL, which it was sent; starting it again/),
    );
    await gateway.start();
    expect(gateway.pid).not.toBe(firstPid);
  });

  it('reports a signal from another process', async () => {
    const session = test.stack.service('session-1');
    process.kill(session.pid ?? 0, 'SIGKILL');
    await session.untilDown();
    await session.start();
    expect(test.notices).toContainEqual(expect.stringMatching(/^session-1 ended with SIGKILL; starting/));
  });

  it('writes the calls of a killed persister', async () => {
    const persister = test.stack.service('persister-1');
    const calls = await Promise.all(Array.from({ length: 5 }, () => callWithTurns()));
    for (const call of calls) call.hangUp();
    persister.kill('SIGKILL');

    for (const { callSid } of calls) await expectWholeRecord(callSid, 'callended');
    await persister.start();
  });

  it('stops a service on request, which then stays stopped until it is started', async () => {
    const session = test.stack.service('session-1');
    await session.stop();
    expect(session.pid).toBeUndefined();
    await session.start();
    expect(session.pid).toBeDefined();
  });

  it('writes its address into its data folder', async () => {
    const pids = (): (number | undefined)[] => test.stack.services.map(({ pid }) => pid);
    const stack = await waitUntil(
      async () => {
        const running = await readRunningStack(test.dataDir);
        return running?.services.every(({ pid }, index) => pid === pids()[index]) === true && running;
      },
      { what: 'the file has the current pids' },
    );
    expect(stack.gatewayUrls).toEqual(test.stack.gatewayUrls);
    expect(stack.databaseUrl).toBe(test.stack.databaseUrl);
  });

  it('refuses a second one on its data folder', async () => {
    await expect(startTestStack({ dataDir: test.dataDir })).rejects.toThrow(
      `Turnlog is already running here: process ${process.pid}`,
    );
  });
});

describe('a local stack with a side gateway', () => {
  let test: TestStack;
  beforeAll(async () => {
    test = await startTestStack({ sideGateways: { 'gateway-side': { TENANT: 'side' } } });
  });
  afterAll(() => test.close());

  it('accepts calls there with settings of its own, and does not announce it', async () => {
    const { port } = test.stack.service('gateway-side');
    const url = `ws://127.0.0.1:${port}/exotel/stream`;
    const call = placeCall({ url, audio: 0.1, hangUpAfterMs: 100 });
    expect((await call.finished).end.how).toBe('hung-up');

    expect((await test.record(call.callSid)).tenant).toBe('side');
    expect(test.stack.services.map(({ name }) => name)).toEqual(['gateway-1', 'session-1', 'persister-1']);
    const running = await readRunningStack(test.dataDir);
    expect(running?.gatewayUrls).toEqual(test.stack.gatewayUrls);
    expect(running?.services.map(({ name }) => name)).toEqual(['gateway-1', 'session-1', 'persister-1']);
  });
});

describe('a local stack whose service does not start', () => {
  it("shows the service's message about its settings and nothing else, and leaves nothing running", async () => {
    const lines: string[] = [];
    const starting = startTestStack({
      serviceEnv: { persister: { BATCH_CALLS: 'many' } },
      onLine: (service, line) => lines.push(`${service} ${line}`),
    });
    await expect(starting).rejects.toThrow(
      /^persister cannot start, its settings are wrong:\n {2}BATCH_CALLS: expected [^\n]*$/,
    );
    expect(lines.join('\n')).not.toContain('gateway-1 ended');
    expect(lines.filter((line) => line.startsWith('persister-1'))).toHaveLength(2);
  });
});

describe('a local stack whose start is aborted', () => {
  it.each([
    ['before a service runs', undefined],
    ['while services start', /./],
  ])('stops at once, and restarts nothing: %s', async (_, when) => {
    const interrupt = new AbortController();
    const notices: string[] = [];
    if (when === undefined) interrupt.abort(new Error('interrupted'));
    const starting = startTestStack({
      signal: interrupt.signal,
      onLine: (_service, line) => {
        if (when?.test(line) === true) interrupt.abort(new Error('interrupted'));
      },
      onNotice: (sentence) => notices.push(sentence),
    });
    await expect(starting).rejects.toThrow(/^interrupted$/);
    expect(notices).toEqual([]);
  });
});
