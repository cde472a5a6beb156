import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { WebSocketServer } from 'ws';
import { prepareProgram, type Program } from './up.test-support.ts';

let program: Program;
beforeAll(async () => {
  program = await prepareProgram();
});
afterAll(() => program.close());

/** Runs Turnlog with a bot at this address while a call is simulated. */
async function simulateWith(agentUrl: string, ...args: readonly string[]) {
  const up = program.start(['up', '--no-sample-call'], { AGENT_URL: agentUrl });
  await up.lines.waitFor('Ready for calls', 30_000);
  const ran = await program.run(['simulate', '--utc', ...args]);
  expect(await up.interrupt()).toBe(0);
  return ran;
}

it('shows what is heard of a bot, what it reports, and its record, which is right', async () => {
  const bot = new WebSocketServer({ port: 0, host: '127.0.0.1' });
  await once(bot, 'listening');
  bot.on('connection', (socket) => {
    const send = (message: object): void => socket.send(JSON.stringify(message));
    socket.on('message', (data: Buffer) => {
      const frame = JSON.parse(data.toString()) as { event: string; dtmf?: { digit: string } };
      if (frame.event === 'start') send({ event: 'media', media: { payload: 'A'.repeat(4_000) } });
      if (frame.event === 'dtmf') send({ event: 'collect', id: 'c1', data: { rooms: frame.dtmf?.digit } });
    });
  });
  const { port } = bot.address() as AddressInfo;

  const { code, out } = await simulateWith(
    `ws://127.0.0.1:${port}/{callSid}`,
    ...['--seconds', '5', '--dtmf', '7'],
  );
  bot.close();

  expect(out).toMatch(/📞 call started/);
  expect(out).toContain('🔊 the caller hears the bot\n');
  expect(out).toMatch(/🔢 key: 7\n/);
  expect(out).toContain('📊 COLLECTED DATA:\n  rooms: 7\n');
  expect(out).toContain('🔊 The caller heard 0.2 s of audio in 1 frames');
  expect(out).toContain('✅ The record agrees with the log of the call.\n');
  expect(code).toBe(0);
}, 90_000);

it('says that a bot could not be reached, and fails', async () => {
  const { code, out } = await simulateWith('ws://127.0.0.1:9/{callSid}', '--seconds', '4');
  expect(out).toContain('🚫 the agent could not be reached');
  expect(out).toContain('✅ The record agrees with the log of the call.\n🚫 Your bot could not be reached');
  expect(code).toBe(1);
}, 90_000);

it('needs a gateway', async () => {
  const { code, err } = await program.run(['simulate']);
  expect(code).toBe(1);
  expect(err).toContain('No gateway is known');
});
