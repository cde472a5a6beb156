import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { renameSync } from 'node:fs';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { takeLockFile, type LockFileOptions, type LockFileResult, type LockText } from './lock-file.ts';

let folder: string;
let file: string;

beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'turnlog-test-lock-'));
  file = path.join(folder, 'lock');
});

afterEach(() => rm(folder, { recursive: true }));

function take(text: string, more: Partial<LockFileOptions> = {}): Promise<LockFileResult> {
  return takeLockFile({ file, text, isHeld: ({ text: found }) => !found.startsWith('dead'), ...more });
}

test('of several processes that find the lock of a dead owner at once, one gets it', async () => {
  for (let attempt = 0; attempt < 20; attempt += 1) {
    await writeFile(file, 'dead');
    const wanting = Array.from({ length: 8 }, async (_, nth) => {
      // Each starts a little later, so that they meet at different steps.
      for (let turn = 0; turn < nth; turn += 1) await nextTurn();
      return take(`process ${nth}`);
    });
    const taken = (await Promise.all(wanting)).flatMap((result) => (result.ok ? [result.lock] : []));
    expect(taken).toHaveLength(1);
    await taken[0]?.release();
    expect(await readdir(folder)).toEqual([]);
  }
});

test('the lock of a dead owner is removed by one process, and left alone by others in the meantime', async () => {
  await writeFile(file, 'dead');
  const [clearing, cleared] = [signal(), signal()];
  const first = take('first', { clearUp: () => (clearing.give(), cleared.given) });
  await clearing.given;
  const clearUp = (): Promise<void> => Promise.reject(new Error('two clear up'));
  expect(await holderAfter(take('second', { clearUp }))).toBe('first');
  expect(await readFile(file, 'utf8')).toBe('dead');
  cleared.give();
  expect((await first).ok).toBe(true);
  expect(await holderAfter(take('second'))).toBe('first');
  expect(await readdir(folder)).toEqual(['lock']);
});

test('the right to remove a lock does not cover another lock in its place', async () => {
  await writeFile(file, 'dead since then');
  const [clearing, cleared] = [signal(), signal()];
  const first = take('first', { clearUp: () => (clearing.give(), cleared.given) });
  await clearing.given;
  const next = path.join(folder, 'next');
  renameSync(file, next);
  await writeFile(file, 'dead');
  const isHeld = ({ text }: LockText): boolean => {
    if (text === 'dead') renameSync(next, file);
    return !text.startsWith('dead');
  };
  const clearUp = (): Promise<void> => Promise.reject(new Error('two clear up'));
  expect(await holderAfter(take('late', { isHeld, clearUp }))).toBe('first');
  cleared.give();
  expect((await first).ok).toBe(true);
});

test('an owner that turns out to live before its lock is removed keeps it', async () => {
  await writeFile(file, 'frozen');
  let looks = 0;
  expect(await holderAfter(take('hasty', { isHeld: () => (looks += 1) > 1 }))).toBe('frozen');
});

test("a process that dies while it removes a dead owner's lock blocks no other", async () => {
  await writeFile(file, 'dead');
  const clearing = signal();
  const clearUp = (): Promise<void> => (clearing.give(), new Promise(() => undefined));
  take('dead as well', { clearUp }).catch(clearing.give);
  await clearing.given;
  expect(await readdir(folder)).toHaveLength(2);
  expect((await take('heir')).ok).toBe(true);
  expect(await readdir(folder)).toEqual(['lock']);
});

test('a failed clean-up is reported, and the next process finds the lock', async () => {
  await writeFile(file, 'dead');
  const clearUp = (): Promise<void> => Promise.reject(new Error('its server does not stop'));
  await expect(take('first', { clearUp })).rejects.toThrow('does not stop');
  expect(await readdir(folder)).toEqual(['lock']);
});

test('a lock has its latest content, and is removed at its release unless it belongs to another process', async () => {
  const taken = await take('mine');
  if (!taken.ok) throw new Error('the lock was free');
  await taken.lock.rewrite('mine, with a server');
  expect(await holderAfter(take('second'))).toBe('mine, with a server');
  await writeFile(file, 'not mine');
  await taken.lock.release();
  expect(await readdir(folder)).toEqual(['lock']);
  await writeFile(file, 'mine, with a server');
  await taken.lock.release();
  expect(await readdir(folder)).toEqual([]);
});

/** The owner, if it is another process. */
async function holderAfter(attempt: Promise<LockFileResult>): Promise<string | undefined> {
  const result = await attempt;
  return result.ok ? undefined : result.held.text;
}

function signal(): { readonly given: Promise<void>; readonly give: () => void } {
  let give = (): void => undefined;
  const given = new Promise<void>((resolve) => (give = resolve));
  return { given, give };
}
