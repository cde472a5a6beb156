import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { startGateway } from './testing/start-gateway.ts';

const PACKAGE = fileURLToPath(new URL('..', import.meta.url));
const TSC = path.resolve(PACKAGE, '../../node_modules/typescript/bin/tsc');

const run = promisify(execFile);

/** A project outside of the repository that has installed the packed package, and nothing else. */
let project: string;

beforeAll(async () => {
  project = await mkdtemp(path.join(os.tmpdir(), 'turnlog-bot-'));
  const { stdout } = await run('npm', ['pack', '--json', '--pack-destination', project], { cwd: PACKAGE });
  // What prepack prints comes first.
  const [packed] = JSON.parse(stdout.slice(stdout.indexOf('['))) as { filename: string }[];
  await writeFile(path.join(project, 'package.json'), '{ "private": true, "type": "module" }');
  const quick = ['--offline', '--no-audit', '--no-fund', '--no-package-lock'];
  await run('npm', ['install', ...quick, `./${packed?.filename}`], { cwd: project });
});

afterAll(() => rm(project, { recursive: true, force: true }));

test('a bot outside of the repository runs the snippet of the README', async () => {
  const readme = await readFile(path.join(PACKAGE, 'README.md'), 'utf8');
  const [, snippet = ''] = /```js\n(.*?)```/s.exec(readme) ?? [];
  await writeFile(path.join(project, 'bot.js'), snippet);
  const gateway = await startGateway();
  try {
    const { stdout } = await run(process.execPath, ['bot.js', gateway.httpUrl, 'CA-installed'], {
      cwd: project,
      timeout: 20_000,
    });
    expect(stdout).toBe('all of it is durable\n');
    expect(await gateway.recordOf('CA-installed')).toMatchObject({
      outcome: 'qualified',
      collectedData: { budget: 5_000_000 },
      transcript: [{ text: 'What is your budget?' }, { text: 'Around 50 lakhs' }],
    });
  } finally {
    await gateway.close();
  }
});

test('its types resolve, and tell a wrong report from a right one', async () => {
  const bot = `
    import { CallReporter, RelayCalls, type Acknowledgement, type TurnlogError } from '@turnlog/agent-client';

    const call = new CallReporter({ callSid: 'CA1', http: { url: () => 'https://calls.example.com', token: 't' } });
    const receipt: Acknowledgement = await call.turn({ speaker: 'user', text: 'Hi' }, { id: 't1', revision: 2 });
    export const calls = new RelayCalls<WebSocket>({
      onCall: ({ call, socket }) => void call.stage(socket.url),
      onLost: (error: TurnlogError) => void error.code,
    });
    export const seq: number | undefined = receipt.seq;
    // @ts-expect-error: the caller is a "user".
    await call.turn({ speaker: 'caller', text: 'Hi' });
  `;
  await writeFile(path.join(project, 'bot.ts'), bot);
  const compilerOptions = {
    strict: true,
    noEmit: true,
    module: 'nodenext',
    lib: ['es2023', 'dom'],
    types: [],
  };
  await writeFile(path.join(project, 'tsconfig.json'), JSON.stringify({ compilerOptions }));
  const problems = await run(process.execPath, [TSC], { cwd: project }).then(
    ({ stdout }) => stdout,
    (error: unknown) => (error as { stdout: string }).stdout,
  );
  expect(problems).toBe('');
});
