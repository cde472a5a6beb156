import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { createEvent, toEncodedEvent, type CallKey, type KnownEvent } from '@turnlog/call-events';
import { appendFile, mkdir, mkdtemp, readdir, readFile, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { crc32 } from 'node:zlib';
import { eraseFromSpools, eventsInSpools } from './dead-spools.ts';
import { openSpoolFolders } from './spool-folders.ts';
import { encodeRecord } from './spool-record.ts';

const ERASED: CallKey = { tenant: 'default', callSid: 'CA-erased' };
const OTHER: CallKey = { tenant: 'default', callSid: 'CA-other' };
const SAME_NAME: CallKey = { tenant: 'acme', callSid: 'CA-erased' };

let root: string;
beforeEach(async () => {
  root = await mkdtemp(path.join(tmpdir(), 'turnlog-test-spools-'));
});
afterEach(() => rm(root, { recursive: true, force: true }));

function lineOf(call: CallKey, sourceSeq: number): Buffer {
  const origin = { call, source: `conn-${call.tenant}`, sourceSeq, atMs: 1_769_339_725_120 };
  const data = { speaker: 'user' as const, text: `said ${sourceSeq} in ${call.callSid} of ${call.tenant}` };
  const event = createEvent('turn.completed', data, origin) as KnownEvent;
  return encodeRecord({ ...toEncodedEvent(event), rememberId: false }, 'ordered');
}

/** A line as a later version of the gateway might write it. */
function lineFromTheFuture(call: CallKey): Buffer {
  const payload = Buffer.from(JSON.stringify({ mode: 'later', event: { v: 99, ...call, news: true } }));
  const checksum = crc32(payload).toString(16).padStart(8, '0');
  return Buffer.concat([Buffer.from(`${checksum} ${payload.length} `), payload, Buffer.from('\n')]);
}

/** The spool of a killed gateway. */
async function deadSpool(instance: string, ...files: readonly (readonly Buffer[])[]): Promise<string> {
  const folder = path.join(root, instance);
  await mkdir(folder);
  await writeFile(path.join(folder, 'owner.json'), JSON.stringify({ host: 'h', pid: 1, start: 'before' }));
  const longAgo = new Date(0);
  await utimes(path.join(folder, 'owner.json'), longAgo, longAgo);
  for (const [index, lines] of files.entries())
    await writeFile(path.join(folder, `000000000${index + 1}.spool`), Buffer.concat(lines), { mode: 0o600 });
  return folder;
}

test('a call is removed from the spools of dead gateways, and everything else stays, byte for byte', async () => {
  const kept = [lineOf(OTHER, 1), lineOf(SAME_NAME, 1), lineFromTheFuture(OTHER)];
  const [first = Buffer.alloc(0), second = Buffer.alloc(0), third = Buffer.alloc(0)] = kept;
  const torn = lineOf(ERASED, 3).subarray(0, -9);
  const folder = await deadSpool(
    'gw-1',
    [first, lineOf(ERASED, 1), second, lineFromTheFuture(ERASED), third, torn],
    [lineOf(ERASED, 2)],
    [first],
  );
  await deadSpool('gw-2', [lineOf(ERASED, 4), third]);

  expect(await eraseFromSpools(root, [ERASED])).toEqual({ events: 4, living: 0 });
  const file = path.join(folder, '0000000001.spool');
  expect(await readFile(file)).toEqual(Buffer.concat(kept));
  expect((await stat(file)).mode & 0o777).toBe(0o600);
  expect((await readdir(folder)).sort()).toEqual(['0000000001.spool', '0000000003.spool']);
  expect(await readFile(path.join(root, 'gw-2', '0000000001.spool'))).toEqual(third);
  expect(await eraseFromSpools(root, [ERASED])).toEqual({ events: 0, living: 0 });
});

test('the spool of a living gateway is left alone, and reported', async () => {
  const living = await openSpoolFolders(root, 'gw-1');
  const file = path.join(root, 'gw-1', '0000000001.spool');
  const line = lineOf(ERASED, 1);
  await appendFile(file, line);
  expect(await eraseFromSpools(root, [ERASED])).toEqual({ events: 0, living: 1 });
  expect(await readFile(file)).toEqual(line);
  await living.close();
});

test('the events of all spools can be searched, including those of another version', async () => {
  await deadSpool('gw-1', [lineOf(OTHER, 1)]);
  await deadSpool('gw-2', [lineOf(ERASED, 1), lineFromTheFuture(OTHER)]);
  const seen: string[] = [];
  for await (const { callSid } of eventsInSpools(root)) seen.push(callSid);
  expect(seen.sort()).toEqual(['CA-erased', 'CA-other', 'CA-other']);
});
