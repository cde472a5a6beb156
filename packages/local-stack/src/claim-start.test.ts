import { mkdtemp, readdir, rm, utimes, writeFile } from 'node:fs/promises';
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

  it.each(['2147483646', 'not a pid', ''])('takes over from a process that is gone: %j', async (content) => {
    await writeFile(path.join(folder, 'starting.pid'), content);
    await (
      await claimStart(folder)
    )();
  });

  it('takes over from one so old that its pid is another process by now', async () => {
    const file = path.join(folder, 'starting.pid');
    await writeFile(file, String(process.pid));
    const longAgo = Date.now() / 1000 - 3600;
    await utimes(file, longAgo, longAgo);
    await (
      await claimStart(folder)
    )();
  });
});
