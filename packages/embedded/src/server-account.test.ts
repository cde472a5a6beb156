import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { chmod, chown, mkdir, mkdtemp, readFile, rm, stat } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { reachableFolder, unprivilegedAccount } from './server-account.ts';

const isRoot = process.getuid?.() === 0;
const testAsRoot = isRoot ? test : test.skip;
let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(path.join(os.tmpdir(), 'turnlog-account-'));
  await chmod(folder, 0o755);
});

afterEach(() => rm(folder, { recursive: true }));

test('a folder that the account can reach is used as it is', async () => {
  const wanted = path.join(folder, 'data');

  expect(await reachableFolder(wanted, path.join(folder, 'system'), unprivilegedAccount(wanted))).toBe(
    wanted,
  );
});

testAsRoot('a folder under a closed one is replaced, always by the same, and says so', async () => {
  const closed = path.join(folder, 'home');
  await mkdir(closed, { mode: 0o700 });
  const wanted = path.join(closed, 'data');
  const account = unprivilegedAccount(wanted);

  const substitute = await reachableFolder(wanted, path.join(folder, 'system'), account);

  expect(path.dirname(substitute)).toBe(path.join(folder, 'system'));
  expect((await stat(substitute)).mode & 0o777).toBe(0o755);
  expect(await readFile(path.join(wanted, 'MOVED.txt'), 'utf8')).toContain(substitute);
  expect(await reachableFolder(wanted, path.join(folder, 'system'), account)).toBe(substitute);
});

testAsRoot('root runs a server as the owner of its data, or as nobody where there is none yet', async () => {
  const data = path.join(folder, 'cluster');
  const nobody = unprivilegedAccount(data);
  expect(nobody?.uid).toBeGreaterThan(0);

  await mkdir(data);
  expect(unprivilegedAccount(data)).toEqual(nobody);
  await chown(data, 1234, 5678);

  expect(unprivilegedAccount(data)).toEqual({ uid: 1234, gid: 5678 });
});
