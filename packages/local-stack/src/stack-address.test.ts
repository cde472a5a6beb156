import { expect, test } from '@jest/globals';
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { StackAddress } from './stack-address.ts';
import { readRunningStack } from './stack-file.ts';

test('the address is published again after a failure, until it is removed', async () => {
  const root = await mkdtemp(path.join(os.tmpdir(), 'turnlog-test-'));
  const dataDir = path.join(root, 'data');
  const address = new StackAddress({
    dataDir,
    redisUrl: 'redis://r',
    databaseUrl: 'postgres://p',
    plans: [],
  });
  await expect(address.publish([])).rejects.toThrow('ENOENT');
  await mkdir(dataDir);
  await address.publish([]);
  expect(await readRunningStack(dataDir)).toMatchObject({ pid: process.pid, redisUrl: 'redis://r' });
  await address.remove();
  await address.publish([]);
  expect(await readRunningStack(dataDir)).toBeUndefined();
  await rm(root, { recursive: true });
});
