import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { captureLines, testCacheDir, waitUntil } from '@turnlog/test-kit';
import { startLocalStack } from './local-stack.ts';

const INDEX = fileURLToPath(new URL('../dist/index.js', import.meta.url));
const LEASH = fileURLToPath(new URL('../dist/processes/leash.js', import.meta.url));
const SERVICE_PROCESS = fileURLToPath(new URL('../dist/processes/service-process.js', import.meta.url));

/** Starts a stack in a process that can be killed, and prints the pids of its services. */
const PROGRAM = `
  const { startLocalStack } = await import(${JSON.stringify(INDEX)});
  const stack = await startLocalStack({ ...JSON.parse(process.argv[1]), onNotice: console.error });
  console.log('pids ' + stack.services.map(({ pid }) => pid).join(' '));
`;

/** Takes a moment to stop, and exits at once at a second request, as services do. */
const SLOW_TO_STOP = `
  import { writeFileSync } from 'node:fs';
  let isStopping = false;
  process.on('SIGTERM', () => {
    if (isStopping) process.exit(1);
    isStopping = true;
    console.log('stopping');
    setTimeout(() => {
      writeFileSync(process.env.DONE, '');
      process.exit(0);
    }, 500);
  });
  setInterval(() => undefined, 1_000);
  console.log('ready');
`;

/** Exits when the service that it asked to stop is stopping. */
const STOPPING_PROGRAM = `
  const { ServiceProcess } = await import(${JSON.stringify(SERVICE_PROCESS)});
  const [, mainFile, DONE] = process.argv;
  const service = await ServiceProcess.spawn({
    mainFile,
    env: { ...process.env, DONE },
    onLine: (line) => {
      if (line === 'ready') void service.stop(60_000);
      if (line === 'stopping') process.exit(0);
    },
  });
`;

describe('a stack whose process is killed', () => {
  let dataDir: string;
  beforeAll(async () => {
    dataDir = await mkdtemp(path.join(os.tmpdir(), 'turnlog-test-'));
    // Under root, Postgres runs as another user, who needs access.
    await chmod(dataDir, 0o711);
  });
  afterAll(() => rm(dataDir, { recursive: true, force: true }));

  it('leaves no service behind, and can be started again on its data', async () => {
    const options = { dataDir, cacheDir: testCacheDir(), postgresSettings: { fsync: 'off' } };
    const args = ['--input-type=module', '-e', PROGRAM, JSON.stringify(options)];
    const parent = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] });
    const line = await captureLines(parent.stdout).waitFor(/^pids /, 40_000);
    const pids = line.split(' ').slice(1).map(Number);
    expect(pids.map(isAlive)).toEqual([true, true, true]);

    parent.kill('SIGKILL');
    await once(parent, 'exit');
    await waitUntil(() => !pids.some(isAlive), { what: 'the services have stopped', timeoutMs: 15_000 });

    const stack = await startLocalStack(options);
    await stack.stop();
  });
});

describe('a service that was asked to stop', () => {
  it('finishes its work in progress, although its stack ends before it', async () => {
    const folder = await mkdtemp(path.join(os.tmpdir(), 'turnlog-test-'));
    const [mainFile, done] = [path.join(folder, 'main.mjs'), path.join(folder, 'done')];
    await writeFile(mainFile, SLOW_TO_STOP);
    const args = ['--input-type=module', '-e', STOPPING_PROGRAM, mainFile, done];
    const stack = spawn(process.execPath, args, { stdio: ['ignore', 'inherit', 'inherit'] });
    try {
      expect(await once(stack, 'exit')).toEqual([0, null]);
      await waitUntil(() => readFile(done), { what: 'it has finished' });
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  });
});

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

it('leaves the threads of a service alone, which have no channel', async () => {
  const folder = await mkdtemp(path.join(os.tmpdir(), 'leash-'));
  const program = path.join(folder, 'with-a-thread.mjs');
  await writeFile(
    program,
    `import { Worker } from 'node:worker_threads';
    const thread = "setTimeout(() => require('node:worker_threads').parentPort.postMessage('it lives'), 100)";
    new Worker(thread, { eval: true }).on('message', console.log).on('exit', (code) => console.log('exit ' + code));`,
  );
  const service = spawn(process.execPath, ['--import', LEASH, program], {
    stdio: ['ignore', 'pipe', 'inherit', 'ipc'],
  });
  let told = '';
  service.stdout?.on('data', (text: Buffer) => (told += text.toString()));
  await once(service, 'exit');
  await rm(folder, { recursive: true });
  expect(told).toBe('it lives\nexit 0\n');
});
