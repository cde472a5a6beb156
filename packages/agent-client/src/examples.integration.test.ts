import { afterEach, expect, test } from '@jest/globals';
import { placeCall } from '@turnlog/exotel-simulator';
import { waitUntil } from '@turnlog/test-kit';
import { execFile, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { startGateway } from './testing/start-gateway.ts';

const closing: (() => Promise<void>)[] = [];

afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});

const exampleFile = (name: string) => fileURLToPath(new URL(`../examples/${name}`, import.meta.url));
const hasPython = spawnSync('python3', ['--version']).status === 0;
const testWithPython = hasPython ? test : test.skip;

/** Starts the bot as its first line says; gives the address that it prints. */
async function startRelayBot(): Promise<string> {
  const child = spawn(process.execPath, [exampleFile('relay-bot.mjs')], {
    env: { ...process.env, PORT: '0', NODE_OPTIONS: '' },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const exited = once(child, 'exit');
  closing.push(async () => {
    child.kill();
    await exited;
  });
  let output = '';
  child.stdout.on('data', (chunk: Buffer) => (output += chunk.toString()));
  return waitUntil(() => /ws:\S+/.exec(output)?.[0], { what: 'the bot listens' });
}

test('the Node bot on the relay asks, is interrupted, and records what was heard', async () => {
  const gateway = await startGateway({ AGENT_URL: `${await startRelayBot()}/{callSid}` });
  closing.push(() => gateway.close());
  const marks: string[] = [];
  let interrupt = (): void => undefined;
  const call = placeCall({
    url: gateway.streamUrl,
    audio: 0,
    hangUpAfterMs: Infinity,
    onServerFrame: (frame) => {
      if (frame.kind === 'mark') marks.push(frame.name);
      if (frame.kind === 'clear') interrupt();
    },
  });
  const isCleared = new Promise<void>((resolve) => (interrupt = resolve));
  await call.connected;
  await waitUntil(() => marks.length === 3, { what: 'the question is on its way' });
  // The first part has been played, the second is being played.
  await waitUntil(async () => (await gateway.recordOf(call.callSid)).version >= 4, {
    what: 'a mark has come back',
  });
  call.sendDtmf('*');
  await isCleared;
  call.sendDtmf('3');
  await waitUntil(async () => (await gateway.recordOf(call.callSid)).outcome, {
    what: 'the outcome is known',
  });
  call.hangUp();
  await call.finished;

  const record = await gateway.recordOf(call.callSid);
  expect(record).toMatchObject({ stage: 'discovery', outcome: 'qualified', collectedData: { rooms: 3 } });
  const [question, answer] = record.transcript;
  expect(question).toMatchObject({
    text: 'Hello! How many rooms are you looking for? Please press a key.',
    interrupted: true,
  });
  // The second part as well, where this machine was slow to press the key.
  expect(['Hello! ', 'Hello! How many rooms are you looking for? ']).toContain(question?.heard_text);
  expect(answer).toMatchObject({ speaker: 'user', text: 'pressed 3' });
});

if (!hasPython) console.warn('There is no python3 here: the Python example is not tested.');

testWithPython('the Python bot reports over HTTP, and again with the same outcome', async () => {
  const gateway = await startGateway();
  closing.push(() => gateway.close());
  const run = promisify(execFile);
  const { stdout } = await run('python3', [exampleFile('http_bot.py'), gateway.httpUrl, 'CA/py 1'], {
    timeout: 30_000,
  });
  expect(stdout).toBe('all of it is durable\n');
  expect(await gateway.recordOf('CA/py 1')).toMatchObject({
    outcome: 'qualified',
    collectedData: { budget: 5_000_000 },
    transcript: [
      { speaker: 'ai', text: 'What is your budget?' },
      { speaker: 'user', text: 'Around 50 lakhs' },
    ],
  });
});
