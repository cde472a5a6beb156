import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { installedPackages, missingPackage } from './installed-packages.mjs';

const A = 'node_modules/.pnpm/a@1.0.0/node_modules/a/package.json';
const B = 'node_modules/.pnpm/@scope+b@2.0.0/node_modules/@scope/b/package.json';

let root;
beforeEach(async () => {
  root = await mkdtemp(path.join(os.tmpdir(), 'turnlog-test-'));
  for (const manifest of [A, B]) {
    await mkdir(path.dirname(path.join(root, manifest)), { recursive: true });
    await writeFile(path.join(root, manifest), '{}');
  }
});
afterEach(() => rm(root, { recursive: true }));

test('a package of a dependency that is gone is named', async () => {
  const installed = installedPackages(root);
  expect([...installed].sort()).toEqual([B, A]);
  expect(missingPackage(root, installed)).toBeUndefined();

  await rm(path.join(root, 'node_modules/.pnpm/@scope+b@2.0.0'), { recursive: true });
  expect(missingPackage(root, installed)).toBe('@scope/b');
});

test('without node_modules nothing is installed, and nothing missing', () => {
  expect(installedPackages(path.join(root, 'nowhere'))).toEqual([]);
  expect(missingPackage(root, [])).toBeUndefined();
});
