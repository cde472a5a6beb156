import { spawnSync } from 'node:child_process';
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';

const script = path.resolve(import.meta.dirname, '../../../../infra/rolling-update.sh');

// Lists each command in COMMANDS, and fails at one that contains FAILING. Only the load balancer runs.
const DOCKER = `#!/bin/sh
echo "$*" >> "$COMMANDS"
case "$*" in *"$FAILING"*) exit 1 ;; *'ps --quiet load-balancer') echo 1 ;; esac
`;

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(path.join(os.tmpdir(), 'turnlog-test-'));
  writeFileSync(path.join(folder, 'docker'), DOCKER);
  chmodSync(path.join(folder, 'docker'), 0o755);
});
afterEach(() => rmSync(folder, { recursive: true }));

// Systems other than Linux lack flock.
const onLinux = process.platform === 'linux' ? test : test.skip;

onLinux.each([
  ['compose build'],
  ['ps --quiet stream-gateway'],
  ['-T migrate'],
  ['haproxy -c'],
  ['ps --quiet session', '--no-build'],
  ['up -d --no-recreate'],
])('a rolling update ends at the first command that fails: %s', (failing, ...args) => {
  const commands = path.join(folder, 'commands');
  const env = { PATH: `${folder}:${process.env['PATH']}`, COMMANDS: commands, FAILING: failing };
  const { status } = spawnSync('bash', [script, ...args], { env });
  expect(status).toBe(1);
  expect(readFileSync(commands, 'utf8').trim().split('\n').at(-1)).toContain(failing);
});
