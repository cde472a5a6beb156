import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { startKeepingProxy, startRedisForTest, waitUntil, type PrivateServer } from '@turnlog/test-kit';
import { createCommandClient, untilReady } from '@turnlog/redis-kit';
import { callOf, openTestLog, turn, unordered } from '../call-log.test-support.ts';
import { readCallLogs } from '../read/call-reader.ts';
import { type AppendOutcome } from './append-result.ts';
import { createAppender } from './appender.ts';

const LIMITS = { maxEvents: 100 };

let primary: PrivateServer;
let replica: PrivateServer;
const closing: (() => void | Promise<void>)[] = [];
beforeAll(async () => {
  primary = await startRedisForTest({ extraArgs: ['--repl-diskless-sync-delay', '0'] });
  replica = await startRedisForTest();
});
afterAll(async () => {
  for (const close of closing.reverse()) await close();
  await replica.close();
  await primary.close();
});

/** A log behind a proxy, and a replica that has all of it up to `cutOff` and nothing later. */
async function openBehindProxy() {
  const proxy = await startKeepingProxy(primary.port);
  const log = await openTestLog({ url: `redis://127.0.0.1:${proxy.port}` });
  const aside = await openTestLog({ url: replica.url });
  closing.push(() => proxy.close(), log.close, aside.close);
  const closes: string[] = [];
  log.redis.on('close', () => closes.push('closed'));
  await aside.redis.replicaof('127.0.0.1', String(primary.port));
  const cutOff = async (): Promise<void> => {
    const isThere = async () => (await log.redis.wait(1, 1_000)) === 1;
    await waitUntil(isThere, { what: 'the replica has everything', timeoutMs: 15_000 });
    await aside.redis.replicaof('NO', 'ONE');
  };
  return { log, closes, cutOff, failOver: () => proxy.switchTo(replica.port) };
}

function epochOf(outcome: AppendOutcome): string {
  if (outcome.outcome !== 'ok') throw new Error(`append: ${outcome.outcome}`);
  return outcome.epoch;
}

test('a log that lost its newest events behind a proxy that keeps connections starts a new epoch', async () => {
  const { log, closes, cutOff, failOver } = await openBehindProxy();
  const call = callOf('CA1');
  const before = await log.appender.append(unordered(call, ['a', ...turn('a')]));
  await cutOff();
  await log.appender.append(unordered(call, ['lost', ...turn('lost')]));
  await failOver();
  const after = await log.appender.append(unordered(call, ['c', ...turn('c')]));

  expect(closes).toEqual([]);
  expect(after).toMatchObject({ results: [{ status: 'appended', seq: 2 }] });
  expect(epochOf(after)).not.toBe(epochOf(before));
  const [read] = await readCallLogs(log.redis, log.space, [{ call, fromSeq: 1 }]);
  expect(read).toMatchObject({ epoch: epochOf(after), lastSeq: 2, persistedSeq: 0 });
});

test('if scripts may not call INFO, events that another server accepted do not count until they are resent', async () => {
  const { log, closes, cutOff, failOver } = await openBehindProxy();
  const appender = createAppender(log.redis, log.space, LIMITS, false);
  const call = callOf('CA2');
  const before = await appender.append(unordered(call, ['a', ...turn('a')]));
  await cutOff();
  await failOver();
  const next = unordered(call, ['c', ...turn('c')]);
  await expect(appender.append(next)).rejects.toThrow(/another server answered/);
  const after = await appender.append(next);

  expect(closes).toEqual([]);
  expect(after).toMatchObject({ results: [{ status: 'duplicate', seq: 2 }] });
  expect(epochOf(after)).not.toBe(epochOf(before));
});

test('a script that may not call INFO receives the run; without any right to INFO the append fails', async () => {
  const admin = await openTestLog({ url: primary.url });
  await admin.redis.call('ACL', 'SETUSER', 'uninformed', 'on', '>secret', '~*', '+@all', '-info');
  const url = `redis://uninformed:secret@127.0.0.1:${primary.port}`;
  const redis = createCommandClient({ url, name: 'test', onError: () => undefined });
  closing.push(admin.close, () => redis.disconnect());
  await untilReady(redis);
  const appender = createAppender(redis, admin.space, LIMITS);
  const next = unordered(callOf('CA3'), ['a', ...turn('a')]);
  // The client's own INFO was refused: the appender had fallen back to it.
  await expect(appender.append(next)).rejects.toThrow("no permissions to run the 'info' command");
});
