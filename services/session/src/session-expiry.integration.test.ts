import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { createCommitter, readCallLogs } from '@turnlog/call-log';
import { waitUntil } from '@turnlog/test-kit';
import {
  callOf,
  createTestWorker,
  ended,
  openTestSpace,
  started,
  turn,
  type TestSpace,
} from './session.test-support.ts';

const call = callOf('CA1');

let space: TestSpace;
beforeEach(async () => (space = await openTestSpace()));
afterEach(() => space.close());

describe('the live state of a call that is over', () => {
  const settle = async (keepMs: number) => {
    const [log] = await readCallLogs(space.redis, space.space, [{ call, fromSeq: 1 }]);
    const { epoch = '', lastSeq: seq = 0 } = log ?? {};
    await createCommitter(space.redis, space.space, keepMs)([{ call, epoch, seq, entryIds: [] }]);
  };

  it('expires together with the log when it is saved after the clock began to run', async () => {
    const worker = createTestWorker(space);
    await space.append(call, started('c1'), turn('one'), ended('c1'));
    await settle(60_000);
    await worker.fold(await space.feed('activity'));
    const { head, session, turns } = space.keysOf(call);
    expect(worker.told.outcomes).toEqual(['saved']);
    const [ofHead = 0, ...rest] = await Promise.all(
      [head, session, turns].map((key) => space.redis.pttl(key)),
    );
    for (const left of rest) expect(Math.abs(ofHead - left)).toBeLessThan(1_000);
    expect(ofHead).toBeGreaterThan(0);
  });

  it('is not brought back by a save that comes after it expired', async () => {
    const worker = createTestWorker(space, {
      beforeSave: async () => {
        await settle(1);
        await waitUntil(async () => (await space.redis.exists(space.keysOf(call).log)) === 0, {
          what: 'the call expires',
        });
      },
    });
    await space.append(call, started('c1'), turn('one'), ended('c1'));
    await worker.fold(await space.feed('activity'));
    expect(worker.told.outcomes).toEqual(['gone']);
    expect(worker.cache.size.calls).toBe(0);
    expect(await space.redis.exists(space.keysOf(call).session, space.keysOf(call).turns)).toBe(0);
    expect(await space.feed('activity')).toEqual([]);
  });

  it('is not made of nothing when the call expired before it was read', async () => {
    const worker = createTestWorker(space);
    await space.append(call, started('c1'), ended('c1'));
    const { log, head, ids } = space.keysOf(call);
    await space.redis.del(log, head, ids);
    await worker.fold(await space.feed('activity'));
    expect(worker.told.outcomes).toEqual(['gone']);
    expect(await space.session(call)).toBeUndefined();
    expect(await space.feed('activity')).toEqual([]);
  });
});
