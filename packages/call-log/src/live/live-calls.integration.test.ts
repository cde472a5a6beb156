import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { callOf, openTestLog, ordered, started, turn, unordered } from '../call-log.test-support.ts';
import { callKeys, partitionKeys } from '../keys.ts';
import { LiveCalls } from './live-calls.ts';

const LONG_AGO = 1_000;

let log: Awaited<ReturnType<typeof openTestLog>>;
beforeAll(async () => (log = await openTestLog({ partitions: 1 })));
afterAll(() => log.close());

const live = () => partitionKeys(log.space, 0).live;
const persist = () => partitionKeys(log.space, 0).persist;
const checkpoints = () => partitionKeys(log.space, 0).checkpoints;

async function persistReasons(callSid: string): Promise<(string | undefined)[]> {
  const entries = (await log.redis.xrange(persist(), '-', '+')) as [string, string[]][];
  return entries.filter(([, fields]) => fields[1] === `default/${callSid}`).map(([, fields]) => fields[5]);
}

async function forgetSince(callSid: string): Promise<void> {
  await log.redis.zadd(live(), LONG_AGO, `default/${callSid}`);
}

describe('lost calls', () => {
  test('are those not seen for too long, with their open connections', async () => {
    const calls = new LiveCalls(log.redis, log.space);
    await log.appender.append(ordered(callOf('lost'), 'c', 1, [started('c')]));
    await log.appender.append(ordered(callOf('seen'), 'c', 1, [started('c')]));
    await forgetSince('lost');
    expect(await calls.findLost(0, 45_000)).toEqual([
      { call: callOf('lost'), seenAtMs: LONG_AGO, openConnections: ['c'] },
    ]);
    await calls.touch([callOf('lost')]);
    expect(await calls.findLost(0, 45_000)).toEqual([]);
  });

  test('do not include one seen an hour ahead, by a clock set back since: it counts as seen now and can be lost from now on', async () => {
    const calls = new LiveCalls(log.redis, log.space);
    await log.appender.append(ordered(callOf('ahead'), 'c', 1, [started('c')]));
    await log.redis.zadd(live(), Date.now() + 3_600_000, 'default/ahead');
    expect(await calls.findLost(0, 45_000)).toEqual([]);
    expect(Number(await log.redis.zscore(live(), 'default/ahead'))).toBeLessThanOrEqual(Date.now());
  });

  test('are not brought back by a heartbeat', async () => {
    await new LiveCalls(log.redis, log.space).touch([callOf('given-up')]);
    expect(await log.redis.zscore(live(), 'default/given-up')).toBeNull();
  });
});

test('do not include connections for a call whose events come over HTTP alone', async () => {
  await log.appender.append(unordered(callOf('quiet'), ['t1', ...turn('over HTTP')]));
  await forgetSince('quiet');
  const lost = await new LiveCalls(log.redis, log.space).findLost(0, 45_000);
  expect(lost).toEqual([{ call: callOf('quiet'), seenAtMs: LONG_AGO, openConnections: [] }]);
});

describe('checkpoints', () => {
  test('are requested once, for open calls that changed since they were persisted', async () => {
    const calls = new LiveCalls(log.redis, log.space);
    for (const sid of ['changed', 'unchanged', 'over', 'gone']) {
      await log.appender.append(ordered(callOf(sid), 'c', 1, [started('c'), turn('a')]));
      await log.redis.zadd(checkpoints(), LONG_AGO, `default/${sid}`);
    }
    await log.redis.hset(callKeys(log.space, callOf('unchanged')).head, 'persisted', 2);
    await log.redis.hset(callKeys(log.space, callOf('over')).head, 'open', 0);
    await log.redis.del(callKeys(log.space, callOf('gone')).head);
    expect([await calls.requestDueCheckpoints(0), await calls.requestDueCheckpoints(0)]).toEqual([1, 0]);
    expect(await persistReasons('changed')).toEqual(['checkpoint']);
  });

  test('are not requested before they are due', async () => {
    await log.redis.zadd(checkpoints(), Date.now() + 20_000, 'default/changed');
    expect(await new LiveCalls(log.redis, log.space).requestDueCheckpoints(0)).toBe(0);
  });

  test('are requested if a clock that was set back since made them due in an hour', async () => {
    await log.appender.append(ordered(callOf('due-ahead'), 'c', 1, [started('c'), turn('a')]));
    await log.redis.zadd(checkpoints(), Date.now() + 3_600_000, 'default/due-ahead');
    expect(await new LiveCalls(log.redis, log.space).requestDueCheckpoints(0)).toBe(1);
    expect(await persistReasons('due-ahead')).toEqual(['checkpoint']);
  });

  test('are requested for a call over HTTP alone until it is over', async () => {
    const calls = new LiveCalls(log.redis, log.space);
    await log.appender.append(unordered(callOf('http'), ['t1', ...turn('over HTTP')]));
    await log.redis.zadd(checkpoints(), LONG_AGO, 'default/http');
    expect([await calls.requestDueCheckpoints(0), await persistReasons('http')]).toEqual([1, ['checkpoint']]);
  });

  test('stay due while the feed is of another type, and one with a broken head does not block the others', async () => {
    const calls = new LiveCalls(log.redis, log.space);
    await log.appender.append(ordered(callOf('waits'), 'c', 1, [started('c'), turn('a')]));
    await log.redis.set(callKeys(log.space, callOf('broken')).head, 'x');
    for (const sid of ['waits', 'broken']) await log.redis.zadd(checkpoints(), LONG_AGO, `default/${sid}`);
    await log.redis.rename(persist(), 'aside');
    await log.redis.set(persist(), 'x');
    await expect(calls.requestDueCheckpoints(0)).rejects.toThrow(/^WRONGTYPE/);
    await log.redis.rename('aside', persist());
    expect(await calls.requestDueCheckpoints(0)).toBe(1);
    expect(await persistReasons('waits')).toEqual(['checkpoint']);
  });
});
