import { describe, expect, test } from '@jest/globals';
import { RedisWrites } from './redis-writes.ts';

function replyError(message: string): Error {
  return Object.assign(new Error(message), { name: 'ReplyError' });
}

function setUp() {
  let nowMs = 1_000;
  const writes = new RedisWrites(() => nowMs);
  return { writes, passMs: (ms: number) => void (nowMs += ms) };
}

describe('errors that keep Redis from accepting writes', () => {
  test.each([
    replyError("OOM command not allowed when used memory > 'maxmemory'."),
    replyError('MOVED 3999 127.0.0.1:6381'),
    replyError('ASK 3999 127.0.0.1:6381'),
    replyError("CROSSSLOT Keys in request don't hash to the same slot"),
    replyError('CLUSTERDOWN The cluster is down'),
    new Error('Connection is closed.'),
    undefined,
  ])('%s concerns all appends', (error) => {
    const { writes, passMs } = setUp();
    writes.onStalled(error);
    expect(writes.isStalled).toBe(false);
    passMs(2_000);
    expect(writes.isStalled).toBe(true);
    writes.onAnswered();
    expect(writes.isStalled).toBe(false);
  });

  test('a refusal of one append does not affect others, however often it is repeated', () => {
    const { writes, passMs } = setUp();
    const error = replyError('WRONGTYPE Operation against a key holding the wrong kind of value');
    writes.onRefused(error);
    passMs(60_000);
    writes.onRefused(error);
    expect([writes.isStalled, writes.isInDoubt]).toEqual([false, false]);
  });
});

test('a report that can not be stored makes the gateway unready at once', () => {
  const { writes } = setUp();
  writes.onRefused(replyError("READONLY You can't write against a read only replica."));
  expect(writes.isStalled).toBe(true);
  writes.onAnswered();
  expect([writes.isStalled, writes.isInDoubt]).toEqual([false, false]);
});
