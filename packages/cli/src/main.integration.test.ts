import { expect, it } from '@jest/globals';
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync } from 'node:fs';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';

const MAIN = fileURLToPath(new URL('../dist/main.js', import.meta.url));

it('says why its output cannot be written, and fails', () => {
  // Every write to it fails as on a full disk.
  const full = openSync('/dev/full', 'w');
  const { status, stderr } = spawnSync(process.execPath, [MAIN, '--help'], {
    stdio: ['ignore', full, 'pipe'],
    encoding: 'utf8',
  });
  closeSync(full);
  expect(stderr).toMatch(/^The output can't be written: ENOSPC/);
  expect(status).toBe(1);
});

it('ends without an error when the reader of its output ends first', async () => {
  const child = spawn(process.execPath, [MAIN, '--help'], { stdio: ['ignore', 'pipe', 'pipe'] });
  child.stdout.destroy();
  const [err] = await Promise.all([text(child.stderr), once(child, 'close')]);
  expect(err).toBe('');
  expect(child.exitCode).toBe(0);
});
