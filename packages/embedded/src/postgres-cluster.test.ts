import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { mkdtempSync, rmSync, unlinkSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { isClusterReady } from './postgres-cluster.ts';

const PID = 4242;
const READY_FILE = [PID, '/data', 1, 5432, '', '127.0.0.1', 'key', 'ready   ', ''].join('\n');

let folder: string;
let pidFile: string;

beforeEach(() => {
  folder = mkdtempSync(path.join(os.tmpdir(), 'turnlog-cluster-'));
  pidFile = path.join(folder, 'postmaster.pid');
});
afterEach(() => rmSync(folder, { recursive: true }));

test('a Postgres is ready when its own pid file says so', async () => {
  expect(await isClusterReady(folder, PID)).toBe(false);
  writeFileSync(pidFile, READY_FILE);
  expect(await isClusterReady(folder, PID)).toBe(true);
  expect(await isClusterReady(folder, PID + 1)).toBe(false);
  writeFileSync(pidFile, READY_FILE.replace('ready   ', 'starting'));
  expect(await isClusterReady(folder, PID)).toBe(false);
});

test('the stale pid file of a killed Postgres may vanish while it is read', async () => {
  for (let i = 0; i < 300; i++) {
    writeFileSync(pidFile, READY_FILE);
    const asked = isClusterReady(folder, PID);
    unlinkSync(pidFile);
    await expect(asked).resolves.toEqual(expect.any(Boolean));
  }
});
