import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { buildOnce } from './build-once.ts';

let cache: string;

beforeEach(async () => {
  cache = await mkdtemp(path.join(os.tmpdir(), 'turnlog-cache-'));
});

afterEach(() => rm(cache, { recursive: true }));

test('concurrent builders all succeed and leave one folder', async () => {
  const folder = path.join(cache, 'redis');
  const fill = (temporary: string): Promise<void> => writeFile(path.join(temporary, 'program'), 'whole');

  await Promise.all([buildOnce(folder, fill), buildOnce(folder, fill), buildOnce(folder, fill)]);

  expect(await readdir(cache)).toEqual(['redis']);
  expect(await readFile(path.join(folder, 'program'), 'utf8')).toBe('whole');
});

test('an existing folder is not built again', async () => {
  const folder = path.join(cache, 'redis');
  await buildOnce(folder, () => Promise.resolve());

  await buildOnce(folder, () => Promise.reject(new Error('built twice')));
});

test('a build that fails leaves nothing, so that the next can succeed', async () => {
  const folder = path.join(cache, 'redis');
  const failing = buildOnce(folder, async (temporary) => {
    await writeFile(path.join(temporary, 'half'), '');
    throw new Error('no network');
  });

  await expect(failing).rejects.toThrow('no network');
  expect(await readdir(cache)).toEqual([]);
});
