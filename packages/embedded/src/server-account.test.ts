import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { chmod, chown, mkdir, mkdtemp, rm, stat } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { reachableDataFolder, reachableFolder, unprivilegedAccount } from './server-account.ts';

const isRoot = process.getuid?.() === 0;
const testAsRoot = isRoot ? test : test.skip;
let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(path.join(os.tmpdir(), 'turnlog-account-'));
  await chmod(folder, 0o755);
});

afterEach(() => rm(folder, { recursive: true }));

async function closedFolder(): Promise<string> {
  const closed = path.join(folder, 'home');
  await mkdir(closed, { mode: 0o700 });
  return closed;
}

test('a folder that the account can reach is used as it is', async () => {
  const wanted = path.join(folder, 'data');

  expect(await reachableFolder(wanted, path.join(folder, 'system'), unprivilegedAccount(wanted))).toBe(
    wanted,
  );
});

testAsRoot('a folder that it cannot reach is replaced', async () => {
  const wanted = path.join(await closedFolder(), 'cache');
  const substitute = path.join(folder, 'system');

  expect(await reachableFolder(wanted, substitute, unprivilegedAccount(wanted))).toBe(substitute);
});

testAsRoot('moved data is found again, until the note with its place is removed', async () => {
  const wanted = path.join(await closedFolder(), 'data');
  const account = unprivilegedAccount(wanted);
  const find = (): Promise<string> => reachableDataFolder(wanted, path.join(folder, 'system'), account);

  const data = await find();
  expect(path.dirname(data)).toBe(path.join(folder, 'system'));
  expect((await stat(data)).mode & 0o777).toBe(0o755);
  expect(await find()).toBe(data);

  await rm(wanted, { recursive: true });
  expect(await find()).not.toBe(data);
});

testAsRoot('root runs a server as the owner of its data, or as nobody if there is none', async () => {
  const data = path.join(folder, 'cluster');
  const nobody = unprivilegedAccount(data);
  expect(nobody?.uid).toBeGreaterThan(0);

  await mkdir(data);
  expect(unprivilegedAccount(data)).toEqual(nobody);
  await chown(data, 1234, 5678);

  expect(unprivilegedAccount(data)).toEqual({ uid: 1234, gid: 5678 });
});
