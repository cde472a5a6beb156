import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { createEvent, toEncodedEvent, type KnownEvent } from '@turnlog/call-events';
import { waitUntil } from '@turnlog/test-kit';
import {
  appendFile,
  mkdtemp,
  readdir,
  readFile,
  rm,
  stat,
  truncate,
  utimes,
  writeFile,
} from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { lockFolder } from './folder-lock.ts';
import { openSpoolDisk, type SpoolDisk } from './spool-disk.ts';
import { openSpoolFolders } from './spool-folders.ts';
import { encodeRecord, readRecords, type SpoolEvent } from './spool-record.ts';
import { Spool, type SpoolObserver } from './spool.ts';

let root: string;
const spools: Spool[] = [];

beforeEach(async () => {
  root = await mkdtemp(path.join(tmpdir(), 'turnlog-test-spool-'));
});

afterEach(async () => {
  for (const spool of spools.splice(0)) await spool.close();
  await rm(root, { recursive: true, force: true });
});

function eventOf(sourceSeq: number, { source = 'conn', text = `word ${sourceSeq}` } = {}): SpoolEvent {
  const origin = { call: { tenant: 'default', callSid: 'CA1' }, source, sourceSeq, atMs: 1_769_339_725_120 };
  const event = createEvent('turn.completed', { speaker: 'user', text }, origin) as KnownEvent;
  return { ...toEncodedEvent(event), rememberId: false };
}

async function openSpool({ maxBytes = 1_000_000, disk }: { maxBytes?: number; disk?: SpoolDisk } = {}) {
  const told: string[] = [];
  const observer: SpoolObserver = {
    onProblem: (problem) => told.push(problem),
    onRecovered: () => told.push('recovered'),
    onNotRemoved: (error) => told.push(String(error)),
  };
  const spool = new Spool({ disk: disk ?? (await openSpoolDisk(root)), maxBytes, firstNumber: 1, observer });
  spools.push(spool);
  return { spool, told };
}

/** A disk whose flushes end, or fail, on demand. */
async function slowDisk() {
  const disk = await openSpoolDisk(root);
  const flushes: { readonly finish: () => void; readonly fail: (error: Error) => void }[] = [];
  const create: SpoolDisk['create'] = async (number) => {
    const file = await disk.create(number);
    const append = (bytes: Buffer): Promise<void> =>
      new Promise((resolve, reject) => {
        flushes.push({ finish: () => void file.append(bytes).then(resolve, reject), fail: reject });
      });
    return { ...file, append };
  };
  return { disk: { ...disk, create }, flushes };
}

const sourceSeqs = (records: readonly SpoolEvent[]) => records.map(({ event }) => event.sourceSeq);

test('a written record is read back as it was, with its mode', () => {
  const event = eventOf(1, { text: 'पचास लाख\n"quoted" 😀' });
  const { records, damaged } = readRecords(encodeRecord(event, 'unordered'));
  expect(records).toEqual([{ ...event, mode: 'unordered' }]);
  expect(damaged).toBe(0);
});

test('a torn tail is dropped wherever it was torn, and never misread', () => {
  const whole = encodeRecord(eventOf(1), 'ordered');
  const torn = encodeRecord(eventOf(2), 'ordered');
  for (let length = 1; length < torn.length - 1; length += 1) {
    const { records, damaged } = readRecords(Buffer.concat([whole, torn.subarray(0, length)]));
    expect(sourceSeqs(records)).toEqual([1]);
    expect(damaged).toBe(1);
  }
});

test('a flipped bit loses only its own line', () => {
  const lines = [1, 2, 3].map((seq) => encodeRecord(eventOf(seq), 'ordered'));
  const middle = lines[1] ?? Buffer.alloc(0);
  for (let at = 0; at < middle.length - 1; at += 1) {
    const flipped = Buffer.from(middle);
    flipped[at] = (flipped[at] ?? 0) ^ 1;
    const { records } = readRecords(Buffer.concat([lines[0] ?? '', flipped, lines[2] ?? ''] as Buffer[]));
    expect(sourceSeqs(records)).toEqual([1, 3]);
  }
});

test('a write is reported only after its flush, and writes in the meantime share the next one', async () => {
  const { disk, flushes } = await slowDisk();
  const { spool } = await openSpool({ disk });
  let told = 0;
  const writes = [1, 2, 3, 4].map((seq) => spool.store([eventOf(seq)], 'ordered').then(() => (told += 1)));
  await waitUntil(() => flushes.length === 1, { what: 'the first flush is requested' });
  expect(told).toBe(0);
  flushes[0]?.finish();
  await writes[0];
  await waitUntil(() => flushes.length === 2, { what: 'the second flush is requested' });
  expect(told).toBe(1);
  flushes[1]?.finish();
  await Promise.all(writes);
  expect(flushes).toHaveLength(2);
});

test('a file is for its user alone, and is removed when all its events are acknowledged', async () => {
  const { spool } = await openSpool();
  const [first, second] = await Promise.all([
    spool.store([eventOf(1), eventOf(2)], 'ordered'),
    spool.store([eventOf(3)], 'unordered'),
  ]);
  const [name = ''] = await readdir(root);
  expect((await stat(path.join(root, name))).mode & 0o777).toBe(0o600);
  first?.release(2);
  await spool.whenIdle();
  expect(await readdir(root)).toEqual([name]);
  second?.release(1);
  await spool.whenIdle();
  expect(await readdir(root)).toEqual([]);
  expect(spool.bytes).toBe(0);
  expect(await spool.store([eventOf(4)], 'ordered')).toBeDefined();
});

test('a full spool refuses events, reports it once, and accepts events again when there is room', async () => {
  const { spool, told } = await openSpool({ maxBytes: 1_000 });
  const taken = await spool.store([eventOf(1), eventOf(2)], 'ordered');
  for (const seq of [3, 4]) {
    expect(await spool.store([eventOf(seq, { text: 'x'.repeat(500) })], 'ordered')).toBeUndefined();
  }
  expect([spool.problem, told]).toEqual(['full', ['full']]);
  taken?.release(2);
  expect([spool.problem, told]).toEqual([undefined, ['full', 'recovered']]);
});

test('after a failed flush the file is not used any more, and a new one is tried until it works', async () => {
  const { disk, flushes } = await slowDisk();
  const { spool, told } = await openSpool({ disk });
  const first = spool.store([eventOf(1)], 'ordered');
  await waitUntil(() => flushes.length === 1, { what: 'the first flush' });
  flushes[0]?.finish();
  const kept = await first;
  const second = spool.store([eventOf(2)], 'ordered');
  await waitUntil(() => flushes.length === 2, { what: 'the second flush' });
  flushes[1]?.fail(new Error('EIO'));
  expect(await second).toBeUndefined();
  expect(await spool.store([eventOf(3)], 'ordered')).toBeUndefined();
  expect([spool.problem, told]).toEqual(['failing', ['failing']]);

  await waitUntil(() => flushes.length === 3, { what: 'a probe' });
  flushes[2]?.fail(new Error('ENOSPC'));
  await waitUntil(() => flushes.length === 4, { what: 'another probe' });
  flushes[3]?.finish();
  await waitUntil(() => spool.problem === undefined, { what: 'the spool recovers' });
  const third = spool.store([eventOf(3)], 'ordered');
  await waitUntil(() => flushes.length === 5, { what: 'the next flush' });
  flushes[4]?.finish();
  expect((await third)?.number).toBeGreaterThan(kept?.number ?? 0);
  expect(told).toEqual(['failing', 'recovered']);
});

test('an unwritable folder makes a spool that reports it', async () => {
  const disk = await openSpoolDisk(path.join(root, 'gone'));
  await rm(path.join(root, 'gone'), { recursive: true });
  const { spool } = await openSpool({ disk });
  expect(await spool.store([eventOf(1)], 'ordered')).toBeUndefined();
  expect(spool.problem).toBe('failing');
  await spool.close();
});

test('a gateway finds the files of its predecessor, drops the torn tail, and does not overwrite them', async () => {
  const folder = path.join(root, 'gw-1');
  const { spool } = await openSpool({ disk: await openSpoolDisk(folder) });
  await spool.store([eventOf(1), eventOf(2), eventOf(3)], 'ordered');
  await spool.close();
  const [name = ''] = await readdir(folder);
  const { size } = await stat(path.join(folder, name));
  await truncate(path.join(folder, name), size - 7);

  const folders = await openSpoolFolders(root, 'gw-1');
  expect(sourceSeqs(folders.leftovers[0]?.records ?? [])).toEqual([1, 2]);
  expect(folders.leftovers[0]?.damaged).toBe(1);
  expect(folders.firstNumber).toBe(2);
  await folders.leftovers[0]?.remove();
  await folders.close();
  expect(await readdir(folder)).toEqual([]);
});

test('a folder of a living gateway is refused to another of the same name, with the reason; dead ones are taken over', async () => {
  const first = await openSpoolFolders(root, 'gw-1');
  await expect(openSpoolFolders(root, 'gw-1')).rejects.toThrow(/belongs to process \d+ on .*INSTANCE/);
  const beside = await openSpoolFolders(root, 'gw-2');
  expect(beside.leftovers).toEqual([]);
  await beside.close();
  await first.close();

  const folder = path.join(root, 'gw-1');
  await appendFile(path.join(folder, '0000000001.spool'), encodeRecord(eventOf(1), 'ordered'));
  const dead = { host: await ownerOf(folder), pid: process.pid, start: 'before' };
  await writeFile(path.join(folder, 'owner.json'), JSON.stringify(dead));
  const heir = await openSpoolFolders(root, 'gw-2');
  expect(heir.leftovers).toHaveLength(1);
  await heir.close();
});

test('the files of a gateway that dies while another one lives are taken over, once, and its folder is free again', async () => {
  const living = await openSpoolFolders(root, 'gw-2');
  const another = await openSpoolFolders(root, 'gw-3');
  const mortal = await openSpoolFolders(root, 'gw-1');
  const folder = path.join(root, 'gw-1');
  await appendFile(path.join(folder, '0000000001.spool'), encodeRecord(eventOf(1), 'ordered'));
  expect(await living.takeOver()).toEqual([]);
  await mortal.close();

  const [leftover, ...others] = await living.takeOver();
  expect([sourceSeqs(leftover?.records ?? []), others]).toEqual([[1], []]);
  expect([await living.takeOver(), await another.takeOver()]).toEqual([[], []]);

  const back = await openSpoolFolders(root, 'gw-1');
  expect(await readdir(path.join(root, 'gw-1~2'))).toEqual(['owner.json']);
  await back.close();
  await leftover?.remove();
  expect(await readdir(folder)).toEqual([]);
  await (await openSpoolFolders(root, 'gw-1')).close();
  for (const folders of [living, another]) await folders.close();
});

test("a gateway that was taken for dead takes its lock again when it is free, and never another's", async () => {
  const file = path.join(root, 'owner.json');
  const taken = await lockFolder(root, 'own');
  const own = await readFile(file, 'utf8');
  await rm(file);
  await waitUntil(async () => (await readdir(root)).includes('owner.json'), {
    what: 'the lock is there again',
    timeoutMs: 10_000,
  });
  expect(await readFile(file, 'utf8')).toBe(own);
  const another = JSON.stringify({ host: 'another', pid: 1, start: '1' });
  await writeFile(file, another);
  if (taken.ok) await taken.lock.release();
  expect(await readFile(file, 'utf8')).toBe(another);
});

/** The host's name in a lock. */
async function ownerOf(folder: string): Promise<string> {
  const taken = await lockFolder(folder, 'own');
  const { host } = JSON.parse(await readFile(path.join(folder, 'owner.json'), 'utf8')) as { host: string };
  if (taken.ok) await taken.lock.release();
  return host;
}

test('of several processes that want a folder at once one gets it, even if all have the same pid', async () => {
  for (let attempt = 0; attempt < 20; attempt += 1) {
    const folder = await mkdtemp(path.join(root, 'wanted-'));
    const wanting = Array.from({ length: 8 }, async (_, turns) => {
      // Each starts a little later, so that they meet at different steps.
      for (let turn = 0; turn < turns; turn += 1) await nextTurn();
      return lockFolder(folder, 'leftovers');
    });
    const taken = (await Promise.all(wanting)).flatMap((result) => (result.ok ? [result.lock] : []));
    expect(taken).toHaveLength(1);
    await taken[0]?.release();
    expect(await readdir(folder)).toEqual([]);
  }
});

test('an owner on another host counts as living while it renews its lock', async () => {
  const file = path.join(root, 'owner.json');
  await writeFile(file, JSON.stringify({ host: 'another', pid: 1, start: '1' }));
  expect(await lockFolder(root, 'own')).toEqual({
    ok: false,
    holder: 'process 1 on another',
    purpose: 'own',
  });
  await utimes(file, new Date(), new Date(Date.now() - 60_000));
  const taken = await lockFolder(root, 'own');
  expect(taken.ok).toBe(true);
  if (taken.ok) await taken.lock.release();
});
