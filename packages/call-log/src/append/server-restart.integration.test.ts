import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { startRedisForTest, waitUntil, type PrivateServer } from '@turnlog/test-kit';
import { callOf, openTestLog, ordered, turn } from '../call-log.test-support.ts';
import { readCallLogs } from '../read/call-reader.ts';
import { createCommitter } from '../commit/commit-calls.ts';
import { type AppendOutcome } from './append-result.ts';

let server: PrivateServer;
let log: Awaited<ReturnType<typeof openTestLog>>;
beforeAll(async () => {
  // An acknowledged event must survive a crash, even if an earlier flush is slow.
  server = await startRedisForTest({ appendfsync: 'always' });
  log = await openTestLog({ url: server.url });
});
afterAll(async () => {
  log.close();
  await server.close();
});

const call = callOf('CA1');

function epochOf(outcome: AppendOutcome): string {
  if (outcome.outcome !== 'ok') throw new Error(`append: ${outcome.outcome}`);
  return outcome.epoch;
}

async function restart(): Promise<void> {
  await server.crash();
  await server.start();
  await waitUntil(() => log.redis.ping(), { what: 'Redis answers again' });
}

async function readLog() {
  const [read] = await readCallLogs(log.redis, log.space, [{ call, fromSeq: 1 }]);
  return read;
}

test('a log that lost its newest events starts a new epoch, because their seqs name other events now', async () => {
  const before = epochOf(await log.appender.append(ordered(call, 's', 1, [turn('a'), turn('b')])));
  await log.redis.config('SET', 'appendonly', 'no');
  await log.appender.append(ordered(call, 's', 3, [turn('lost')]));
  await createCommitter(log.redis, log.space, 60_000)([{ call, epoch: before, seq: 3, entryIds: [] }]);

  await restart();
  expect(await log.appender.append(ordered(call, 's', 4, [turn('d')]))).toEqual({
    outcome: 'gap',
    expected: 3,
  });
  const after = epochOf(await log.appender.append(ordered(call, 'other', 1, [turn('c')])));

  expect(after).not.toBe(before);
  expect(await readLog()).toMatchObject({ epoch: after, lastSeq: 3, persistedSeq: 0 });
});

test('a log that lost nothing keeps its epoch until something new is appended', async () => {
  const before = epochOf(await log.appender.append(ordered(call, 'again', 1, [turn('e')])));
  await restart();
  expect(await log.appender.append(ordered(call, 'again', 1, [turn('e')]))).toEqual({
    outcome: 'ok',
    epoch: before,
    results: [{ status: 'duplicate', seq: undefined }],
  });
  expect(await readLog()).toMatchObject({ epoch: before });
});
