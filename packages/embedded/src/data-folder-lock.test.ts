import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { lockDataFolder, stopLeftoverServer } from './data-folder-lock.ts';

let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(path.join(os.tmpdir(), 'turnlog-lock-'));
});

afterEach(() => rm(folder, { recursive: true }));

async function leaveStaleLock(): Promise<void> {
  await writeFile(path.join(folder, 'lock.json'), JSON.stringify({ owner: { pid: 1, start: 'long ago' } }));
}

async function raceForLock(contenders: number): Promise<number> {
  const attempts = Array.from({ length: contenders }, () => lockDataFolder(folder, 'Redis'));
  const results = await Promise.allSettled(attempts);
  return results.filter(({ status }) => status === 'fulfilled').length;
}

test('of many processes that want a folder at once, one gets it', async () => {
  expect(await raceForLock(20)).toBe(1);
});

test('a folder whose owner died goes to the next', async () => {
  await leaveStaleLock();

  await lockDataFolder(folder, 'Redis');

  await expect(lockDataFolder(folder, 'Redis')).rejects.toThrow(`started by process ${process.pid}`);
});

test('a released folder is free, and contains nothing of the lock', async () => {
  const lock = await lockDataFolder(folder, 'Redis');

  await lock.release();

  expect(await readdir(folder)).toEqual([]);
});

test("a lock whose server has ended can be taken over, and its release does not remove the next one's lock", async () => {
  const first = await lockDataFolder(folder, 'Redis');
  const pidOfNoProcess = 2 ** 22 + 1;
  await first.recordServer(pidOfNoProcess);

  await lockDataFolder(folder, 'Redis');
  await first.release();

  await expect(lockDataFolder(folder, 'Redis')).rejects.toThrow('already running');
});

test('an unreadable lock is refused with the remedy', async () => {
  await writeFile(path.join(folder, 'lock.json'), '{');

  await expect(lockDataFolder(folder, 'Redis')).rejects.toThrow('remove that file');
});

test('only the data of a dead owner counts as left behind', async () => {
  expect(await stopLeftoverServer(folder)).toBe(false);
  await leaveStaleLock();
  expect(await stopLeftoverServer(folder)).toBe(true);
  await lockDataFolder(folder, 'Redis');
  expect(await stopLeftoverServer(folder)).toBe(false);
});
