import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod, mkdtemp, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { captureLines, testCacheDir, waitUntil } from '@turnlog/test-kit';
import { startLocalStack } from './local-stack.ts';

const INDEX = fileURLToPath(new URL('../dist/index.js', import.meta.url));

/** Starts a stack in a process that can be killed, and prints the pids of its services. */
const PROGRAM = `
  const { startLocalStack } = await import(${JSON.stringify(INDEX)});
  const stack = await startLocalStack({ ...JSON.parse(process.argv[1]), onNotice: console.error });
  console.log('pids ' + stack.services.map(({ pid }) => pid).join(' '));
`;

describe('a stack whose process is killed', () => {
  let dataDir: string;
  beforeAll(async () => {
    dataDir = await mkdtemp(path.join(os.tmpdir(), 'turnlog-test-'));
    // Under root, Postgres runs as another user, who must get through.
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

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}
