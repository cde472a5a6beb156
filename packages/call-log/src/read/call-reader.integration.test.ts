import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { callOf, openTestLog, ordered, turn, type AnyEventData } from '../call-log.test-support.ts';
import { type CallLog } from './call-log.ts';
import { readCallLogs } from './call-reader.ts';
import { callKeys } from '../keys.ts';

let log: Awaited<ReturnType<typeof openTestLog>>;
beforeAll(async () => (log = await openTestLog({ maxEvents: 10_000 })));
afterAll(() => log.close());

async function callWith(callSid: string, turns: number) {
  const call = callOf(callSid);
  const data = Array.from({ length: turns }, (_, n): AnyEventData => turn(`turn ${n + 1} \u2028 ü 🎧`));
  for (let start = 0; start < turns; start += 250)
    await log.appender.append(ordered(call, 'c', start + 1, data.slice(start, start + 250)));
  return call;
}

function seqsOf(read: CallLog | undefined): number[] {
  return read?.entries.map(({ seq }) => seq) ?? [];
}

/** What the log holds, read in the simplest way. */
async function textsOf(callSid: string): Promise<(string | undefined)[]> {
  const entries = await log.redis.xrange(callKeys(log.space, callOf(callSid)).log, '-', '+');
  return entries.map(([, fields]) => fields[1]);
}

test('many logs are read at once, each from its own seq', async () => {
  const requests = [
    { call: await callWith('three', 3), fromSeq: 1 },
    { call: await callWith('five', 5), fromSeq: 4 },
    { call: callOf('none'), fromSeq: 1 },
    { call: await callWith('one', 1), fromSeq: 2 },
  ];
  const [three, five, none, one] = await readCallLogs(log.redis, log.space, requests);
  expect(three?.entries.map(({ text }) => text)).toEqual(await textsOf('three'));
  expect(seqsOf(five)).toEqual([4, 5]);
  expect(none).toMatchObject({
    call: callOf('none'),
    epoch: undefined,
    lastSeq: 0,
    persistedSeq: 0,
    entries: [],
  });
  expect(one).toMatchObject({ lastSeq: 1, entries: [] });
});

test.each([499, 500, 501, 1_203])('a log of %i events is read whole', async (turns) => {
  const call = await callWith(`long-${turns}`, turns);
  const [read] = await readCallLogs(log.redis, log.space, [{ call, fromSeq: 1 }]);
  expect(seqsOf(read)).toEqual(Array.from({ length: turns }, (_, n) => n + 1));
  expect(read?.entries.map(({ text }) => text)).toEqual(await textsOf(`long-${turns}`));
});

test('entries that are not JSON, or empty, are read as they are', async () => {
  const call = await callWith('odd', 1);
  const { log: key } = callKeys(log.space, call);
  const odd = ['', 'a\x1eb', ' ', ',', 'not json', 'last'];
  for (const [index, text] of odd.entries()) await log.redis.xadd(key, `${index + 2}-0`, 'e', text);
  const [read] = await readCallLogs(log.redis, log.space, [{ call, fromSeq: 2 }]);
  expect(read?.entries.map(({ text }) => text)).toEqual(odd);
});

test.each([
  ['a text with a line break', '2-0', 'one,\ntwo'],
  ['a hole', '3-0', '{}'],
])('a log with %s is read entry by entry', async (_, id, text) => {
  const call = await callWith(`apart-${id}-${text.length}`, 1);
  const { log: key } = callKeys(log.space, call);
  await log.redis.xadd(key, id, 'e', text);
  const [read] = await readCallLogs(log.redis, log.space, [{ call, fromSeq: 1 }]);
  expect(read?.joined).toBeUndefined();
  expect(read?.entries.at(-1)).toEqual({ seq: Number.parseInt(id, 10), text });
  expect(read?.entries).toHaveLength(2);
});

test('a server that lost its scripts gets them again', async () => {
  const call = await callWith('flushed', 2);
  await log.redis.script('FLUSH');
  const [read] = await readCallLogs(log.redis, log.space, [{ call, fromSeq: 1 }]);
  expect(seqsOf(read)).toEqual([1, 2]);
});

test('a log is read in one piece, unless it is not UTF-8', async () => {
  const call = await callWith('bytes', 3);
  const [read] = await readCallLogs(log.redis, log.space, [{ call, fromSeq: 1 }]);
  expect(read?.joined?.bytes.toString()).toBe((await textsOf('bytes')).join(',\n'));
  expect([read?.joined?.fromSeq, read?.joined?.toSeq]).toEqual([1, 3]);
  await log.redis.xadd(callKeys(log.space, call).log, '4-0', 'e', Buffer.from([0x22, 0xff, 0x22]));
  const [odd] = await readCallLogs(log.redis, log.space, [{ call, fromSeq: 1 }]);
  expect(seqsOf(odd)).toEqual([1, 2, 3, 4]);
  expect(odd?.joined).toBeUndefined();
});
