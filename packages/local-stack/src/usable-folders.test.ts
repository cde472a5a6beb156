import { expect, test } from '@jest/globals';
import { mkdtempSync, rmSync, statSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { LocalStackError } from './errors.ts';
import { explainFolderError, makeSpoolFolder } from './usable-folders.ts';

const failure = (code: string, file?: string): Error => Object.assign(new Error(code), { code, path: file });

test.each([
  [
    'EACCES',
    /^This user may not write to \/d\/redis: .*sudo chown -R "\$\(id -un\)" '\/d'\. Or use another folder/,
  ],
  ['ENOSPC', /^The disk of \/d is full\. Make room, and start again\.$/],
  ['EROFS', /^\/d is on a disk that is read-only\. Or use another folder/],
])('%s in the data folder is explained, also as a cause', (code, sentence) => {
  const error = failure(code, '/d/redis/lock.json');
  expect((explainFolderError(error, '/d') as Error).message).toMatch(sentence);
  const wrapped = new Error('Redis failed', { cause: error });
  expect((explainFolderError(wrapped, '/d') as Error).message).toMatch(sentence);
});

test('a full disk is explained where only a server reports it', () => {
  const cause = new Error('initdb: error: could not write file "/d/x": No space left on device');
  const error = new Error('Postgres could not make a new database', { cause });
  expect((explainFolderError(error, '/d') as Error).message).toBe(
    'The disk of /d is full. Make room, and start again.',
  );
});

test('another error stays as it is', () => {
  const error = failure('ECONNREFUSED');
  expect(explainFolderError(error, '/d')).toBe(error);
  expect(explainFolderError('a text', '/d')).toBe('a text');
  const cause = failure('EACCES', '/spools/a');
  const ofSetting = new LocalStackError('wrong_setting', 'SPOOL_DIR cannot be created', { cause });
  expect(explainFolderError(ofSetting, '/d')).toBe(ofSetting);
});

test('the spool folder is created with its parents, and may exist', () => {
  const root = mkdtempSync(path.join(os.tmpdir(), 'turnlog-test-'));
  const folder = path.join(root, 'a', 'b');
  makeSpoolFolder(folder);
  makeSpoolFolder(folder);
  expect(statSync(folder).isDirectory()).toBe(true);
  rmSync(root, { recursive: true });
  for (const file of ['/etc/hostname/spool', '/etc/hostname'])
    expect(() => makeSpoolFolder(file)).toThrow(`SPOOL_DIR=${file} cannot be created`);
});
