import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { decodeEvent, type CallKey } from '@turnlog/call-events';
import {
  allPartitions,
  createCommitter,
  LiveCalls,
  partitionKeys,
  partitionOf,
  readCallLogs,
  type Appender,
} from '@turnlog/call-log';
import { serverTimeMs } from '@turnlog/redis-kit';
import { waitUntil } from '@turnlog/test-kit';
import {
  callOf,
  createTestWorker,
  ended,
  openTestSpace,
  started,
  turn,
  type TestSpace,
} from '../session.test-support.ts';
import { Sweep, type SweepOptions } from './sweep.ts';

const call = callOf('CA1');
const LOST_AFTER_MS = 45_000;

let space: TestSpace;
/** What sweeps reported: keys of another type, and calls that could not be ended. */
let noted: Set<string>;
let failed: string[];
beforeEach(async () => {
  [noted, failed] = [new Set(), []];
  space = await openTestSpace({ partitions: 1 });
});
afterEach(() => space.close());

/** A sweeper that has run for long enough to end calls. The test moves its clock and that of Redis. */
async function seasonedSweep(options: Partial<SweepOptions> = {}, redisAheadMs = () => 0) {
  const startMs = 1_000;
  const clock = { nowMs: startMs };
  const sweeper = new Sweep({
    appender: space.appender,
    liveCalls: new LiveCalls(space.redis, space.space),
    serverTimeMs: async () => (await serverTimeMs(space.redis)) + clock.nowMs - startMs + redisAheadMs(),
    partitions: allPartitions(space.space),
    lostAfterMs: LOST_AFTER_MS,
    quietAfterMs: LOST_AFTER_MS,
    now: () => clock.nowMs,
    broken: { note: (key) => void noted.add(key), clear: (key) => void noted.delete(key) },
    keysOf: (partition) => partitionKeys(space.space, partition),
    onCallFailed: ({ call: { callSid } }) => failed.push(callSid),
    ...options,
  });
  const sweep = () => sweeper.run();
  await sweep();
  clock.nowMs += LOST_AFTER_MS;
  return { sweep, clock };
}

/** As if the call had last been seen so long ago. */
async function unseenFor(each: CallKey, ms: number): Promise<number> {
  const seenAtMs = Date.now() - ms;
  const { live } = partitionKeys(space.space, partitionOf(space.space, each));
  await space.redis.zadd(live, seenAtMs, `${each.tenant}/${each.callSid}`);
  return seenAtMs;
}

async function eventsOf(each: CallKey) {
  const [log] = await readCallLogs(space.redis, space.space, [{ call: each, fromSeq: 1 }]);
  return (log?.entries ?? []).map(({ text }) => {
    const decoded = decodeEvent(text);
    if (!decoded.ok) throw new Error(decoded.problem.detail);
    return decoded.event;
  });
}

test('a call whose gateway is gone is ended, when it was last seen', async () => {
  await space.append(call, started('c1'), turn('one'));
  const seenAtMs = await unseenFor(call, LOST_AFTER_MS + 1_000);
  const { sweep } = await seasonedSweep();
  expect(await sweep()).toEqual({ lostConnections: 1, quietCalls: 0, checkpoints: 0 });
  expect((await eventsOf(call)).at(-1)).toMatchObject({
    type: 'call.disconnected',
    id: 'gateway_lost:c1',
    source: 'sweep',
    at: new Date(seenAtMs).toISOString(),
    data: { connectionId: 'c1', reason: 'gateway_lost' },
  });
  expect((await space.feed('persist')).map(({ reason }) => reason)).toEqual(['closed']);
  expect(await new LiveCalls(space.redis, space.space).list()).toEqual([]);
});

test('while Redis has no memory for checkpoints, lost calls are given up all the same', async () => {
  await space.append(call, started('c1'), turn('one'));
  await unseenFor(call, LOST_AFTER_MS + 1_000);
  const isFull = (): Promise<never> =>
    Promise.reject(new Error("OOM command not allowed when used memory > 'maxmemory'."));
  const liveCalls = new LiveCalls(space.redis, space.space);
  const { sweep } = await seasonedSweep({
    liveCalls: { findLost: (...page) => liveCalls.findLost(...page), requestDueCheckpoints: isFull },
  });
  expect(await sweep()).toEqual({ lostConnections: 1, quietCalls: 0, checkpoints: 0 });
});

test('each open connection of a lost call is ended, and none that is closed', async () => {
  await space.append(call, started('c1'), ended('c1'), started('c2'), started('c3'));
  await unseenFor(call, LOST_AFTER_MS + 1_000);
  const { sweep } = await seasonedSweep();
  expect(await sweep()).toMatchObject({ lostConnections: 2 });
  const ids = (await eventsOf(call)).slice(-2).map(({ id }) => id);
  expect(ids.sort()).toEqual(['gateway_lost:c2', 'gateway_lost:c3']);
});

test('many sweepers at once end a call once, and a quiet one once', async () => {
  const quiet = callOf('CA2');
  await space.append(call, started('c1'));
  await space.append(quiet, turn('over HTTP'));
  for (const each of [call, quiet]) await unseenFor(each, LOST_AFTER_MS + 1_000);
  const sweepers = await Promise.all(Array.from({ length: 8 }, () => seasonedSweep()));
  const results = await Promise.all(sweepers.map(({ sweep }) => sweep()));

  const total = (key: 'lostConnections' | 'quietCalls') =>
    results.reduce((sum, result) => sum + result[key], 0);
  expect(total('lostConnections')).toBe(1);
  expect(total('quietCalls')).toBe(1);
  expect(await eventsOf(call)).toHaveLength(2);
  expect((await space.feed('persist')).map(({ reason }) => reason).sort()).toEqual(['closed', 'closed']);
});

test('a clock of Redis that is set forward by an hour ends no call that is seen again', async () => {
  await space.append(call, started('c1'));
  let aheadMs = 0;
  const { sweep, clock } = await seasonedSweep({}, () => aheadMs);
  aheadMs = 3_600_000;
  // To the new time it was seen an hour ago.
  await unseenFor(call, aheadMs);
  expect(await sweep()).toMatchObject({ lostConnections: 0 });
  clock.nowMs += LOST_AFTER_MS - 1;
  expect(await sweep()).toMatchObject({ lostConnections: 0 });
  clock.nowMs += 1;
  expect(await sweep()).toMatchObject({ lostConnections: 1 });
});

test('a call that was seen between the look and the end goes on', async () => {
  await space.append(call, started('c1'));
  await unseenFor(call, LOST_AFTER_MS + 1_000);
  let touches = 0;
  const appender: Appender = {
    append: async (request) => {
      await unseenFor(call, 0);
      touches += 1;
      return space.appender.append(request);
    },
  };
  const { sweep } = await seasonedSweep({ appender });
  expect(await sweep()).toMatchObject({ lostConnections: 0 });
  expect(touches).toBe(1);
  expect(await eventsOf(call)).toHaveLength(1);
});

test('a call that was seen lately goes on', async () => {
  await space.append(call, started('c1'));
  await unseenFor(call, LOST_AFTER_MS - 5_000);
  const { sweep } = await seasonedSweep();
  expect(await sweep()).toMatchObject({ lostConnections: 0, quietCalls: 0 });
});

test('no call is given up before Redis has answered for as long as a call may go unseen', async () => {
  await space.append(call, started('c1'));
  await unseenFor(call, LOST_AFTER_MS + 60_000);
  const { sweep, clock } = await seasonedSweep();
  space.redis.disconnect(true);
  await expect(sweep()).rejects.toThrow();
  await waitUntil(() => space.redis.ping(), { what: 'Redis answers again' });
  expect(await sweep()).toMatchObject({ lostConnections: 0 });
  clock.nowMs += LOST_AFTER_MS - 1;
  expect(await sweep()).toMatchObject({ lostConnections: 0 });
  clock.nowMs += 1;
  expect(await sweep()).toMatchObject({ lostConnections: 1 });
});

test('a call without connections is let go after its own time, and does not hide the lost ones behind it', async () => {
  for (let n = 0; n < 250; n += 1) {
    await space.append(callOf(`quiet ${n}`), turn('over HTTP'));
    await unseenFor(callOf(`quiet ${n}`), LOST_AFTER_MS + 5_000);
  }
  await space.append(call, started('c1'));
  await unseenFor(call, LOST_AFTER_MS + 1_000);
  const { sweep } = await seasonedSweep({ quietAfterMs: 600_000 });
  expect(await sweep()).toMatchObject({ lostConnections: 1, quietCalls: 0 });
  const { sweep: impatient } = await seasonedSweep({ quietAfterMs: LOST_AFTER_MS });
  expect(await impatient()).toMatchObject({ lostConnections: 0, quietCalls: 250 });
});

test('a due checkpoint is asked for once, and only for a call that is open and has changed', async () => {
  const [over, persisted] = [callOf('over'), callOf('persisted')];
  const worker = createTestWorker(space);
  await space.append(call, started('c1'), turn('one'));
  await space.append(persisted, started('c2'));
  await space.append(over, started('c3'));
  await worker.fold(await space.feed('activity'));
  await space.append(over, ended('c3'));
  const [log] = await readCallLogs(space.redis, space.space, [{ call: persisted, fromSeq: 1 }]);
  const settled = { call: persisted, epoch: log?.epoch ?? '', seq: 1, entryIds: [] };
  await createCommitter(space.redis, space.space, 60_000)([settled]);

  const sweepers = await Promise.all([seasonedSweep(), seasonedSweep()]);
  const sweepBoth = async () => {
    const results = await Promise.all(sweepers.map(({ sweep }) => sweep()));
    return results.reduce((sum, { checkpoints }) => sum + checkpoints, 0);
  };
  expect(await sweepBoth()).toBe(0);
  await makeCheckpointsDue();
  expect(await sweepBoth()).toBe(1);
  expect(await sweepBoth()).toBe(0);
  const asked = (await space.feed('persist')).filter(({ reason }) => reason === 'checkpoint');
  expect(asked).toMatchObject([{ call, seq: 2 }]);
});

test('a key of another type stops what is done with it alone, is told of, and is mended when it is gone', async () => {
  space.close();
  space = await openTestSpace({ partitions: 2 });
  const [first, second] = [0, 1].map((partition) => {
    let n = 0;
    while (partitionOf(space.space, callOf(`CA${n}`)) !== partition) n += 1;
    return callOf(`CA${n}`);
  }) as [CallKey, CallKey];
  const keys = [0, 1].map((partition) => partitionKeys(space.space, partition));
  await space.redis.set(keys[0]?.live ?? '', 'foreign');
  await space.redis.set(keys[1]?.checkpoints ?? '', 'foreign');
  await space.append(second, started('c1'));
  await unseenFor(second, LOST_AFTER_MS + 1_000);
  const { sweep } = await seasonedSweep();
  expect(await sweep()).toMatchObject({ lostConnections: 1 });
  expect([...noted].sort()).toEqual([keys[0]?.live, keys[1]?.checkpoints].sort());
  await space.redis.del(...noted);
  await space.append(first, started('c1'));
  await unseenFor(first, LOST_AFTER_MS + 1_000);
  expect(await sweep()).toMatchObject({ lostConnections: 1 });
  expect(noted.size).toBe(0);
});

test('an unseen call whose log is of another type stays, is told of, and holds up no other', async () => {
  const broken = callOf('broken');
  for (const each of [broken, call]) {
    await space.append(each, started('c1'));
    await unseenFor(each, LOST_AFTER_MS + 1_000);
  }
  const { log } = space.keysOf(broken);
  await space.redis.del(log);
  await space.redis.set(log, 'foreign');
  const { sweep } = await seasonedSweep();
  expect(await sweep()).toMatchObject({ lostConnections: 1 });
  expect(failed).toEqual(['broken']);
});

test('a call over HTTP alone gets its checkpoints', async () => {
  const worker = createTestWorker(space);
  await space.append(call, turn('one'));
  await worker.fold(await space.feed('activity'));
  const { sweep } = await seasonedSweep();
  await makeCheckpointsDue();
  expect(await sweep()).toMatchObject({ checkpoints: 1 });
  expect(await space.feed('persist')).toMatchObject([{ call, seq: 1, reason: 'checkpoint' }]);
});

async function makeCheckpointsDue(): Promise<void> {
  const { checkpoints } = partitionKeys(space.space, 0);
  for (const member of await space.redis.zrange(checkpoints, '0', '-1')) {
    await space.redis.zadd(checkpoints, 'XX', 1, member);
  }
}
