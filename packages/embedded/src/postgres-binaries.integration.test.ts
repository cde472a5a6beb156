import { expect, test } from '@jest/globals';
import { existsSync } from 'node:fs';
import { chmod, mkdtemp, rm, truncate } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { postgresBinaries } from './postgres-binaries.ts';
import { unprivilegedAccount } from './server-account.ts';

test('a Postgres of which files are gone or cut short is unpacked again', async () => {
  const cacheDir = await mkdtemp(path.join(os.tmpdir(), 'turnlog-embedded-binaries-'));
  await chmod(cacheDir, 0o711);
  try {
    const notices: string[] = [];
    const unpack = () =>
      postgresBinaries(cacheDir, unprivilegedAccount(cacheDir), (notice) => notices.push(notice));
    const { initdb } = await unpack();
    const folder = path.resolve(initdb, '../..');
    const zones = path.join(folder, 'share/postgresql/timezonesets/Default');

    await rm(zones);
    await unpack();
    expect(existsSync(zones)).toBe(true);
    await truncate(zones, 1);
    await unpack();
    await unpack();

    const unpacking = 'Unpacking Postgres (once) …';
    const damaged = `The Postgres in ${folder} is damaged: unpacking it again …`;
    expect(notices).toEqual([unpacking, damaged, unpacking, damaged, unpacking]);
  } finally {
    await rm(cacheDir, { recursive: true });
  }
});
