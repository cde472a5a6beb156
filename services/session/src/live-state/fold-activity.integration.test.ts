import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { decodeEvent, foldCall, initialState, type CallKey } from '@turnlog/call-events';
import {
  allPartitions,
  measureFeedLag,
  partitionKeys,
  partitionOf,
  readCallLogs,
  startFeedConsumer,
  subscribeToChanges,
  type CallChange,
} from '@turnlog/call-log';
import { createBlockingClient, createCommandClient, untilReady } from '@turnlog/redis-kit';
import { deferred } from '@turnlog/service-kit';
import { testRedisUrl, waitUntil } from '@turnlog/test-kit';
import fc from 'fast-check';
import { toSessionFields } from '../domain/session-fields.ts';
import { transcriptHistoryFrom } from '../domain/transcript-history.ts';
import {
  callOf,
  createTestWorker,
  openTestSpace,
  started,
  turn,
  type TestSpace,
} from '../session.test-support.ts';

const call = callOf('CA1');
const other = callOf('CA2');

let space: TestSpace;
beforeEach(async () => (space = await openTestSpace()));
afterEach(() => space.close());

/** What the live state must be: a fold of the whole log. */
async function stateByLog({ redis, space: keys }: TestSpace, each: CallKey) {
  const [log] = await readCallLogs(redis, keys, [{ call: each, fromSeq: 1 }]);
  const events = (log?.entries ?? []).map(({ text }) => decodeEvent(text));
  const state = events.reduce(
    (folded, decoded) => (decoded.ok ? foldCall(folded, decoded.event) : folded),
    initialState(each),
  );
  return { fields: toSessionFields(state), turns: transcriptHistoryFrom(state, 0) };
}

async function collectChanges() {
  const changes: CallChange[] = [];
  const listener = createCommandClient({ url: testRedisUrl(), name: 'listener', onError: () => undefined });
  await untilReady(listener);
  await subscribeToChanges(listener, space.space, (change) => changes.push(change));
  return { changes, seqs: () => changes.flatMap(({ events }) => events.map(({ seq }) => seq)), listener };
}

describe('a fold of the activity feed', () => {
  it('shows a call up to the end of its log, and acknowledges what asked for it', async () => {
    const worker = createTestWorker(space);
    await space.append(call, started('c1'), turn('Hello'), turn('Around 50 lakhs'));
    await space.append(other, turn('Good morning'));
    await worker.fold(await space.feed('activity'));

    for (const each of [call, other])
      expect(await space.session(each)).toMatchObject(await stateByLog(space, each));
    expect((await space.session(call))?.fields).toMatchObject({
      seq: '3',
      turns: '2',
      status: 'in_progress',
    });
    expect(await space.feed('activity')).toEqual([]);
  });

  it('folds each event once while the call stays in the cache', async () => {
    const worker = createTestWorker(space);
    for (let n = 1; n <= 20; n += 1) {
      await space.append(call, turn(`turn ${n}`));
      await worker.fold(await space.feed('activity'));
    }
    expect(worker.told.folded).toBe(20);
    expect(await space.transcript(call)).toEqual(Array.from({ length: 20 }, (_, n) => `turn ${n + 1}`));
  });

  it('reads a call from the start again once it had to leave the cache', async () => {
    const worker = createTestWorker(space, { limits: { maxCalls: 1 } });
    for (const each of [call, other, call]) {
      await space.append(each, turn('one'), turn('two'));
      await worker.fold(await space.feed('activity'));
    }
    expect(worker.cache.size.calls).toBe(1);
    expect(worker.told.folded).toBe(2 + 2 + 4);
    expect(await space.transcript(call)).toEqual(['one', 'two', 'one', 'two']);
    expect(await space.transcript(other)).toEqual(['one', 'two']);
  });

  it('comes to a fold of the log however two workers interleave, with whatever each was handed', async () => {
    const calls = [call, other, callOf('CA3')];
    const step = fc.record({
      appends: fc.array(fc.record({ of: fc.nat(2), turns: fc.nat(3) }), { maxLength: 4 }),
      workers: fc.constantFrom([0], [1], [0, 1], [1, 0, 1]),
      skip: fc.nat(2),
      forget: fc.boolean(),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 8 }), async (steps) => {
        const own = await openTestSpace();
        const workers = [createTestWorker(own), createTestWorker(own)];
        for (const { appends, workers: chosen, skip, forget } of steps) {
          for (const { of, turns } of appends) {
            const data = Array.from({ length: turns + 1 }, (_, n) => turn(`turn ${n}`));
            await own.append(calls[of] ?? call, ...data);
          }
          const entries = (await own.feed('activity')).slice(skip);
          if (forget) workers[0]?.cache.clear();
          await Promise.all(chosen.flatMap((index) => workers[index]?.fold(entries) ?? []));
        }
        await workers[0]?.fold(await own.feed('activity'));
        for (const each of calls) {
          const { fields, turns } = await stateByLog(own, each);
          const saved = await own.session(each);
          expect(saved?.turns ?? []).toEqual(turns);
          if (turns.length > 0) expect(saved?.fields).toMatchObject(fields);
        }
        expect(await own.feed('activity')).toEqual([]);
        own.close();
      }),
      { numRuns: 30 },
    );
  });

  it('adds the turns that are missing when another worker has got further', async () => {
    const [first, second] = [createTestWorker(space), createTestWorker(space)];
    for (const [worker, text] of [
      [first, 'one'],
      [second, 'two'],
      [first, 'three'],
    ] as const) {
      await space.append(call, turn(text));
      await worker.fold(await space.feed('activity'));
    }
    expect(first.told.outcomes).toEqual(['saved', 'conflict', 'saved']);
    expect(await space.transcript(call)).toEqual(['one', 'two', 'three']);
  });

  it('leaves a later state alone when its own save comes late', async () => {
    await space.append(call, turn('one'));
    const slow = createTestWorker(space, {
      beforeSave: async () => {
        await space.append(call, turn('two'));
        await createTestWorker(space).fold(await space.feed('activity'));
      },
    });
    await slow.fold(await space.feed('activity'));
    expect(slow.told.outcomes).toEqual(['stale']);
    expect((await space.session(call))?.fields).toMatchObject({ seq: '2', turns: '2' });
    expect(await space.transcript(call)).toEqual(['one', 'two']);
  });

  it('does not put off the checkpoint of a call that never rests', async () => {
    const worker = createTestWorker(space);
    const { checkpoints } = partitionKeys(space.space, partitionOf(space.space, call));
    const dueAtMs: unknown[] = [];
    for (const data of [started('c1'), turn('one')]) {
      await space.append(call, data);
      await worker.fold(await space.feed('activity'));
      dueAtMs.push(await space.redis.zscore(checkpoints, 'default/CA1'));
      await waitUntil(() => Date.now() > Number(dueAtMs[0]) - 29_990, { what: 'some time has passed' });
    }
    expect(dueAtMs[0]).not.toBeNull();
    expect(dueAtMs[1]).toBe(dueAtMs[0]);
  });

  it('brings a checkpoint back that a clock set back since would have due in an hour', async () => {
    const worker = createTestWorker(space);
    const { checkpoints } = partitionKeys(space.space, partitionOf(space.space, call));
    await space.append(call, started('c1'));
    await space.redis.zadd(checkpoints, Date.now() + 3_600_000, 'default/CA1');
    await worker.fold(await space.feed('activity'));
    expect(Number(await space.redis.zscore(checkpoints, 'default/CA1'))).toBeLessThanOrEqual(
      Date.now() + 30_000,
    );
  });

  it('passes over an entry of the log that is no event, and says so once', async () => {
    const worker = createTestWorker(space);
    await space.append(call, turn('one'));
    await space.redis.xadd(space.keysOf(call).log, '2-0', 'e', '{"not":"an event"}');
    await space.redis.hset(space.keysOf(call).head, 'seq', 2);
    await space.append(call, turn('three'));
    await worker.fold(await space.feed('activity'));
    await space.append(call, turn('four'));
    await worker.fold(await space.feed('activity'));

    expect(worker.told.undecodable).toEqual([{ seq: 2, code: 'not_an_envelope' }]);
    expect(await space.transcript(call)).toEqual(['one', 'three', 'four']);
    expect((await space.session(call))?.fields).toMatchObject({ seq: '4', version: '3' });
  });

  it('begins anew with a call that began anew', async () => {
    const worker = createTestWorker(space);
    await space.append(call, turn('one'), turn('two'), turn('three'));
    await worker.fold(await space.feed('activity'));
    const { log, head, ids } = space.keysOf(call);
    await space.redis.del(log, head, ids);
    await space.append(call, turn('uno'), turn('dos'), turn('tres'), turn('cuatro'));
    await worker.fold(await space.feed('activity'));
    expect(await space.transcript(call)).toEqual(['uno', 'dos', 'tres', 'cuatro']);
    expect((await space.session(call))?.fields).toMatchObject((await stateByLog(space, call)).fields);
  });

  it('does not trust its cache when the log has become shorter', async () => {
    const worker = createTestWorker(space);
    await space.append(call, turn('one'));
    const { log, head, session, turns } = space.keysOf(call);
    await worker.fold(await space.feed('activity'));
    const dumps = await Promise.all([log, head, session, turns].map((key) => space.redis.dumpBuffer(key)));
    await space.append(call, turn('two'), turn('three'));
    await worker.fold(await space.feed('activity'));
    // A Redis that lost its newest writes.
    for (const [index, key] of [log, head, session, turns].entries()) {
      await space.redis.restore(key, 0, dumps[index] as unknown as string, 'REPLACE');
    }
    await space.append(call, turn('another two'));
    await worker.fold(await space.feed('activity'));
    expect(await space.transcript(call)).toEqual(['one', 'another two']);
  });

  it('does not let a call whose own data is at fault hold up the others', async () => {
    const worker = createTestWorker(space);
    await space.redis.set(space.keysOf(call).session, 'no hash');
    for (const each of [call, other]) await space.append(each, turn('one'));
    await worker.fold(await space.feed('activity'));
    expect(worker.told.failed).toEqual(['CA1']);
    expect(await space.transcript(other)).toEqual(['one']);
    expect((await space.feed('activity')).map((entry) => entry.call)).toEqual([call]);
  });

  it('folds a long log beside the others, and acknowledges it when all of it is folded', async () => {
    const mayGoOn = deferred();
    const worker = createTestWorker(space, {
      beforeSave: async (save) => {
        if (save.call.callSid === call.callSid) await mayGoOn.promise;
      },
    });
    const text = 'x'.repeat(100_000);
    for (let n = 1; n <= 60; n += 1) await space.append(call, turn(`${n} ${text}`));
    await space.append(other, turn('one'));
    await worker.activity.handle(await space.feed('activity'));
    expect(await space.transcript(other)).toEqual(['one']);
    const left = new Set((await space.feed('activity')).map((entry) => entry.call.callSid));
    expect(left).toEqual(new Set([call.callSid]));

    mayGoOn.resolve();
    await worker.activity.settled();
    expect(await space.feed('activity')).toEqual([]);
    expect(await space.session(call)).toMatchObject(await stateByLog(space, call));
    expect(worker.told.folded).toBe(61);
    // It was saved on its way: what one save holds does not grow with the log.
    expect(worker.told.outcomes).toEqual(['saved', 'saved', 'saved']);
  });

  it('leaves a call alone that is too large for a live state, and says so once', async () => {
    const worker = createTestWorker(space, { maxCallMemoryBytes: 100_000 });
    for (const each of [call, other]) await space.append(each, turn('one'));
    await worker.fold(await space.feed('activity'));
    await space.append(call, turn('x'.repeat(200_000)));
    await worker.fold(await space.feed('activity'));
    for (const each of [call, other]) await space.append(each, turn('three'));
    await worker.fold(await space.feed('activity'));

    expect(worker.told.tooLarge).toEqual(['CA1']);
    expect(await space.feed('activity')).toEqual([]);
    expect(await space.transcript(other)).toEqual(['one', 'three']);
    expect(await space.transcript(call)).toEqual(['one']);
  });

  it('throws when Redis is gone, so that everything is read again', async () => {
    const worker = createTestWorker(space);
    await space.append(call, turn('one'));
    const entries = await space.feed('activity');
    space.redis.disconnect();
    await expect(worker.fold(entries)).rejects.toThrow();
    expect(worker.told.failed).toEqual([]);
  });
});

describe('live views', () => {
  it('are told of each event once, whichever worker folded it', async () => {
    const { changes, seqs, listener } = await collectChanges();
    const workers = [createTestWorker(space), createTestWorker(space)];
    for (let n = 0; n < 6; n += 1) {
      await space.append(call, turn('one'), turn('two'));
      await workers[n % 2]?.fold(await space.feed('activity'));
    }
    await waitUntil(() => seqs().length >= 12, { what: 'all events are published' });
    expect(seqs()).toEqual(Array.from({ length: 12 }, (_, n) => n + 1));
    expect(changes[0]).toMatchObject({
      call,
      events: [{ seq: 1, text: expect.stringContaining('"one"') }, {}],
    });
    listener.disconnect();
  });

  it('may miss a change, which stops nothing', async () => {
    await space.redis.call('ACL', 'SETUSER', 'mute', 'reset', 'on', 'nopass', '~*', '+@all');
    const url = testRedisUrl().replace('redis://', 'redis://mute:any@');
    const mute = createCommandClient({ url, name: 'mute', onError: () => undefined });
    await untilReady(mute);
    const worker = createTestWorker({ ...space, redis: mute });
    await space.append(call, turn('one'));
    await worker.fold(await space.feed('activity'));
    expect(worker.told.unpublished).toBe(1);
    expect(await space.transcript(call)).toEqual(['one']);
    mute.disconnect();
    await space.redis.call('ACL', 'DELUSER', 'mute');
  });
});

describe('a worker that dies between reading and saving', () => {
  it('is replaced', async () => {
    for (const each of [call, other]) await space.append(each, turn('one'));
    for (const partition of allPartitions(space.space)) {
      const { activity } = partitionKeys(space.space, partition);
      await space.redis.xgroup('CREATE', activity, 'session', '0', 'MKSTREAM');
      await space.redis.xreadgroup('GROUP', 'session', 'zombie', 'STREAMS', activity, '>');
    }
    const worker = createTestWorker(space);
    const nothing = () => undefined;
    const consumer = startFeedConsumer({
      space: space.space,
      feed: 'activity',
      consumer: 'heir',
      partitions: allPartitions(space.space),
      count: 10,
      blockMs: 50,
      claimIdleMs: 100,
      reclaimEveryMs: 50,
      commands: space.redis,
      blocking: createBlockingClient({ url: testRedisUrl(), name: 'heir', onError: nothing, blockMs: 50 }),
      handle: worker.fold,
      onError: nothing,
      onTurn: nothing,
      onLost: nothing,
      backoffMs: () => 50,
    });
    await waitUntil(() => worker.told.outcomes.length === 2, { what: 'both calls are saved' });
    await consumer.stop();
    for (const each of [call, other]) expect(await space.transcript(each)).toEqual(['one']);
    expect(await measureFeedLag(space.redis, space.space, 'activity')).toMatchObject({ lag: 0, pending: 0 });
  });
});
