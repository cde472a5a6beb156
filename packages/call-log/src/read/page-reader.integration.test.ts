import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { callOf, openTestLog, ordered, turn, type AnyEventData } from '../call-log.test-support.ts';
import { callKeys } from '../keys.ts';
import { type LogPage } from './call-log.ts';
import { createPageReader, followLog, LogChangedError, type PageLimits } from './page-reader.ts';

let log: Awaited<ReturnType<typeof openTestLog>>;
beforeAll(async () => (log = await openTestLog({ maxEvents: 10_000 })));
afterAll(() => log.close());

async function callWith(callSid: string, turns: number, text = 'said') {
  const call = callOf(callSid);
  const data = Array.from({ length: turns }, (_, n): AnyEventData => turn(`${text} ${n + 1}`));
  for (let start = 0; start < turns; start += 250)
    await log.appender.append(ordered(call, 'c', start + 1, data.slice(start, start + 250)));
  return call;
}

const readerOf = (limits?: PageLimits) => createPageReader(log.redis, log.space, limits);

async function pagesOf(callSid: string, limits: PageLimits): Promise<LogPage[]> {
  const readPages = readerOf(limits);
  const [first] = await readPages([{ call: callOf(callSid), fromSeq: 1 }]);
  const pages: LogPage[] = [];
  if (first !== undefined) for await (const page of followLog(readPages, first)) pages.push(page);
  return pages;
}

const seqsOf = (pages: readonly LogPage[]) => pages.map(({ entries }) => entries.map(({ seq }) => seq));

test.each([1, 31, 32, 33, 64, 499, 500, 501, 1_203])(
  'the pages of %i entries hold each of them once',
  async (count) => {
    await callWith(`count-${count}`, count);
    const pages = await pagesOf(`count-${count}`, { maxEntries: 500, maxBytes: 1_000_000 });
    expect(seqsOf(pages).flat()).toEqual(Array.from({ length: count }, (_, n) => n + 1));
    expect(pages).toHaveLength(Math.ceil(count / 500));
    expect(pages.map(({ isLast }) => isLast)).toEqual(pages.map((_, index) => index === pages.length - 1));
  },
);

test('a page ends before it exceeds its limit, and holds one entry whatever its size', async () => {
  await callWith('large', 40, 'x'.repeat(10_000));
  const pages = await pagesOf('large', { maxEntries: 500, maxBytes: 35_000 });
  expect(pages).toHaveLength(14);
  for (const { bytes } of pages) expect(bytes).toBeLessThanOrEqual(35_000 + 10);
  const single = await pagesOf('large', { maxEntries: 500, maxBytes: 100 });
  expect(seqsOf(single)).toEqual(Array.from({ length: 40 }, (_, n) => [n + 1]));
});

test("reading a page of a log of large entries does not load the log into the server's memory", async () => {
  await callWith('heavy', 80, 'x'.repeat(190_000));
  const before = await peakBytes();
  const [page] = await readerOf({ maxEntries: 500, maxBytes: 250_000 })([
    { call: callOf('heavy'), fromSeq: 1 },
  ]);
  expect(page).toMatchObject({ isLast: false, lastSeq: 80 });
  // The first step, as it is read and as Lua has it; the whole log has 15 MB, twice.
  expect((await peakBytes()) - before).toBeLessThan(20_000_000);
});

async function peakBytes(): Promise<number> {
  return Number(/used_memory_peak:(\d+)/.exec(await log.redis.info('memory'))?.[1]);
}

test('a page with a hole or a line break is read entry by entry, and only that one', async () => {
  const call = await callWith('odd', 4);
  const { head, log: key } = callKeys(log.space, call);
  await log.redis.hset(head, 'seq', 7);
  await log.redis.xadd(key, '6-0', 'e', 'behind a hole');
  await log.redis.xadd(key, '7-0', 'e', 'one,\ntwo ü');
  const pages = await pagesOf('odd', { maxEntries: 2, maxBytes: 1_000_000 });
  expect(seqsOf(pages)).toEqual([
    [1, 2],
    [3, 4],
    [6, 7],
  ]);
  expect(pages.map(({ joined }) => joined !== undefined)).toEqual([true, true, false]);
  expect(pages.at(-1)?.entries.at(-1)).toEqual({ seq: 7, text: 'one,\ntwo ü' });
  expect(pages.at(-1)?.bytes).toBe(Buffer.byteLength('behind a holeone,\ntwo ü'));
});

test('an event that is appended during a read is left to its own feed entry', async () => {
  const call = await callWith('growing', 4);
  const readPages = readerOf({ maxEntries: 2, maxBytes: 1_000_000 });
  const [first] = await readPages([{ call, fromSeq: 1 }]);
  if (first === undefined) throw new Error('no page');
  await log.appender.append(ordered(call, 'c', 5, [turn('a'), turn('b'), turn('c')]));
  const pages: LogPage[] = [];
  for await (const page of followLog(readPages, first)) pages.push(page);
  expect(seqsOf(pages)).toEqual([
    [1, 2],
    [3, 4],
  ]);
});

/** Continues from the first page of a call's log, after a change to its head. */
async function readOnAfter(callSid: string, change: (head: string) => Promise<unknown>): Promise<void> {
  const call = await callWith(callSid, 4);
  const readPages = readerOf({ maxEntries: 2, maxBytes: 1_000_000 });
  const [first] = await readPages([{ call, fromSeq: 1 }]);
  await change(callKeys(log.space, call).head);
  if (first !== undefined) for await (const page of followLog(readPages, first)) expect(page).toBeDefined();
}

test('a log with another epoch at its second page is not read further', async () => {
  const change = (head: string) => log.redis.hset(head, 'epoch', 'another');
  await expect(readOnAfter('changed', change)).rejects.toThrow(LogChangedError);
});

test('a log that was erased after its first page is not read further', async () => {
  const change = (head: string) => log.redis.del(head);
  await expect(readOnAfter('erased', change)).rejects.toThrow(LogChangedError);
});
