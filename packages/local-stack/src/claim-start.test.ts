import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { claimStart } from './claim-start.ts';

describe('claimStart', () => {
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(path.join(os.tmpdir(), 'turnlog-claim-'));
  });
  afterEach(() => rm(folder, { recursive: true }));

  it('lets one of several that start at the same moment go ahead', async () => {
    const claims = await Promise.allSettled([1, 2, 3].map(() => claimStart(folder)));
    const refused = claims.filter((claim) => claim.status === 'rejected');
    expect(refused.map(({ reason }) => (reason as Error).message)).toEqual(
      [1, 2].map(
        () =>
          `Turnlog is just being started here by process ${process.pid}. Wait until it is up, or stop it with Ctrl-C in its terminal.`,
      ),
    );
    await claims.find((claim) => claim.status === 'fulfilled')?.value();
    expect(await readdir(folder)).toEqual([]);
  });

  it.each(['2147483646 1', `${process.pid} of an earlier process`, 'not a pid', ''])(
    'takes over from a process that is gone: %j',
    async (content) => {
      await writeFile(path.join(folder, 'starting.pid'), content);
      const endClaim = await claimStart(folder);
      await endClaim();
      expect(await readdir(folder)).toEqual([]);
    },
  );

  it('lets one of several take over from a process that is gone', async () => {
    await writeFile(path.join(folder, 'starting.pid'), '2147483646 1');
    const claims = await Promise.allSettled(Array.from({ length: 8 }, () => claimStart(folder)));
    expect(claims.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
  });
});
