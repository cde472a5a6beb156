import { once } from 'node:events';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { startRedisForTest } from '@turnlog/test-kit';
import {
  callOf,
  ended,
  openTestLog,
  ordered,
  started,
  turn,
  type AnyEventData,
} from '../call-log.test-support.ts';
import { readCallLogs } from '../read/call-reader.ts';
import { callKeys, partitionKeys, partitionOf } from '../keys.ts';
import { createCommandClient, untilReady } from '@turnlog/redis-kit';
import { createCommitter } from './commit-calls.ts';

const KEEP_MS = 60_000;

let log: Awaited<ReturnType<typeof openTestLog>>;
beforeAll(async () => (log = await openTestLog()));
afterAll(() => log.close());

async function callWith(callSid: string, ...data: AnyEventData[]) {
  const call = callOf(callSid);
  const outcome = await log.appender.append(ordered(call, 'c', 1, data));
  const epoch = outcome.outcome === 'ok' ? outcome.epoch : '';
  const commit = (seq: number, of = epoch) =>
    createCommitter(log.redis, log.space, KEEP_MS)([{ call, epoch: of, seq, entryIds: [] }]);
  const expiries = async () => {
    const { head, log: stream } = callKeys(log.space, call);
    return [await log.redis.pttl(head), await log.redis.pttl(stream)].map((ms) =>
      ms > 0 ? 'expires' : 'stays',
    );
  };
  return { call, epoch, commit, expiries };
}

test('a finished call whose events are all in Postgres starts to expire', async () => {
  const { commit, expiries } = await callWith('finished', started('c'), turn('a'), ended('c'));
  await commit(3);
  expect(await expiries()).toEqual(['expires', 'expires']);
});

test('the head of a finished call stays for at least a minute, even if the other keys expire earlier', async () => {
  const { call, epoch } = await callWith('short-lived', started('c'), ended('c'));
  await createCommitter(log.redis, log.space, 1_000)([{ call, epoch, seq: 2, entryIds: [] }]);
  const { head, log: stream } = callKeys(log.space, call);
  expect(await log.redis.pttl(stream)).toBeLessThanOrEqual(1_000);
  expect(await log.redis.pttl(head)).toBeGreaterThan(50_000);
});

test('a call with events that are not in Postgres yet does not expire', async () => {
  const { commit, expiries } = await callWith('behind', started('c'), turn('a'), ended('c'));
  await commit(2);
  expect(await expiries()).toEqual(['stays', 'stays']);
});

test('a call in progress stays, and its head has the persisted seq', async () => {
  const { call, commit, expiries } = await callWith('going-on', started('c'), turn('a'));
  await commit(2);
  expect(await expiries()).toEqual(['stays', 'stays']);
  const [read] = await readCallLogs(log.redis, log.space, [{ call, fromSeq: 1 }]);
  expect(read).toMatchObject({ lastSeq: 2, persistedSeq: 2 });
});

test('an older commit that arrives late does not lower the persisted seq', async () => {
  const { call, commit } = await callWith('late-word', started('c'), turn('a'), ended('c'));
  await commit(3);
  await commit(2);
  const [read] = await readCallLogs(log.redis, log.space, [{ call, fromSeq: 1 }]);
  expect(read?.persistedSeq).toBe(3);
});

test('a commit of another epoch changes nothing', async () => {
  const { call, commit, expiries } = await callWith('other-epoch', started('c'), ended('c'));
  await commit(2, 'another');
  expect(await expiries()).toEqual(['stays', 'stays']);
  const [read] = await readCallLogs(log.redis, log.space, [{ call, fromSeq: 1 }]);
  expect(read?.persistedSeq).toBe(0);
});

test('a commit acknowledges and deletes the entries that requested it', async () => {
  const { call } = await callWith('acknowledged', started('c'), ended('c'));
  const { persist } = partitionKeys(log.space, partitionOf(log.space, call));
  await log.redis.xgroup('CREATE', persist, 'persister', '0');
  await log.redis.xreadgroup('GROUP', 'persister', 'w', 'STREAMS', persist, '>');
  const entryIds = ((await log.redis.xrange(persist, '-', '+')) as [string, string[]][]).map(([id]) => id);
  expect(entryIds.length).toBeGreaterThan(0);
  await createCommitter(log.redis, log.space, KEEP_MS)([{ call, epoch: 'any', seq: 2, entryIds }]);
  expect(await log.redis.xlen(persist)).toBe(0);
  expect((await log.redis.xpending(persist, 'persister'))[0]).toBe(0);
});

test('one call that cannot be committed is reported, and does not block the others', async () => {
  const calls = await Promise.all(
    Array.from({ length: 20 }, (_, n) => callWith(`neighbour-${n}`, started('c'), turn('a'), ended('c'))),
  );
  const broken = callKeys(log.space, callOf('neighbour-3')).head;
  const epochs = new Map(
    (
      await readCallLogs(
        log.redis,
        log.space,
        calls.map(({ call }) => ({ call, fromSeq: 1 })),
      )
    ).map(({ call, epoch = '' }) => [call, epoch]),
  );
  await log.redis.set(broken, 'no hash');
  const commitAll = createCommitter(log.redis, log.space, KEEP_MS);
  const committed = calls.map(({ call }) => ({ call, epoch: epochs.get(call) ?? '', seq: 3, entryIds: [] }));
  await expect(commitAll(committed)).rejects.toThrow(/^WRONGTYPE/);
  for (const [n, { expiries }] of calls.entries())
    if (n !== 3) expect(await expiries()).toEqual(['expires', 'expires']);
  await log.redis.del(broken);
});

test('of calls that are committed together, the entries of one that cannot be committed stay', async () => {
  const idCounts = [2, 0, 1_001, 1, 3];
  const calls = await Promise.all(
    idCounts.map((_, n) => callWith(`together-${n}`, started('c'), ended('c'))),
  );
  const broken = 3;
  await log.redis.set(callKeys(log.space, callOf(`together-${broken}`)).head, 'no hash');
  const committed = await Promise.all(
    calls.map(async ({ call }, n) => {
      const { persist } = partitionKeys(log.space, partitionOf(log.space, call));
      await log.redis.xgroup('CREATE', persist, 'persister', '0', 'MKSTREAM').catch(() => undefined);
      const adding = Array.from({ length: idCounts[n] ?? 0 }, () => log.redis.xadd(persist, '*', 'c', 'x'));
      const entryIds = (await Promise.all(adding)).map(String);
      return { call, persist, epoch: '', seq: 2, entryIds };
    }),
  );
  await expect(createCommitter(log.redis, log.space, KEEP_MS)(committed)).rejects.toThrow(/^WRONGTYPE/);
  for (const [n, { persist, entryIds }] of committed.entries()) {
    const found = await Promise.all(entryIds.map((id) => log.redis.xrange(persist, id, id)));
    expect(found.flat()).toHaveLength(n === broken ? entryIds.length : 0);
  }
  await log.redis.del(callKeys(log.space, callOf(`together-${broken}`)).head);
});

test('a client that commits on a server that has become read-only reconnects', async () => {
  const server = await startRedisForTest();
  const client = createCommandClient({ url: server.url, name: 'committer', onError: () => undefined });
  try {
    await untilReady(client);
    const call = callOf('read-only');
    await client.hset(callKeys(log.space, call).head, { epoch: 'e', seq: 1 });
    await client.call('REPLICAOF', '127.0.0.1', '1');
    const leaves = once(client, 'close');
    const committed = { call, epoch: 'e', seq: 1, entryIds: [] };
    await expect(createCommitter(client, log.space, KEEP_MS)([committed])).rejects.toThrow(/^READONLY/);
    await leaves;
  } finally {
    client.disconnect();
    await server.close();
  }
});
