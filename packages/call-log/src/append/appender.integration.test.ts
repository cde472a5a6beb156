import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { decodeEvent } from '@turnlog/call-events';
import { callOf, openTestLog, ordered, turn, unordered } from '../call-log.test-support.ts';
import { readCallLogs } from '../read/call-reader.ts';
import { callKeys, partitionKeys, partitionOf } from '../keys.ts';
import { createAppender } from './appender.ts';
import { type AppendRequest } from './append-request.ts';

let log: Awaited<ReturnType<typeof openTestLog>>;
beforeAll(async () => (log = await openTestLog()));
afterAll(() => log.close());

const opened = (connectionId: string) => ['call.started', { connectionId }] as const;
const ended = (connectionId: string) => ['call.ended', { connectionId, reason: 'callended' }] as const;

async function textsOf(callSid: string): Promise<string[]> {
  const [read] = await readCallLogs(log.redis, log.space, [{ call: callOf(callSid), fromSeq: 1 }]);
  return (read?.entries ?? []).map(({ text }) => {
    const decoded = decodeEvent(text);
    return decoded.ok && decoded.event.type === 'turn.completed' ? decoded.event.data.text : '';
  });
}

async function feedReasons(callSid: string): Promise<(string | undefined)[]> {
  const { persist } = partitionKeys(log.space, partitionOf(log.space, callOf(callSid)));
  const entries = (await log.redis.xrange(persist, '-', '+')) as [string, string[]][];
  return entries.filter(([, fields]) => fields[1] === `default/${callSid}`).map(([, fields]) => fields[5]);
}

describe('an ordered source', () => {
  test('gets consecutive seqs', async () => {
    const call = callOf('without-a-hole');
    const first = await log.appender.append(ordered(call, 's', 1, [turn('a'), turn('b')]));
    const second = await log.appender.append(ordered(call, 's', 3, [turn('c')]));
    expect([first, second]).toMatchObject([
      {
        outcome: 'ok',
        results: [
          { status: 'appended', seq: 1 },
          { status: 'appended', seq: 2 },
        ],
      },
      { outcome: 'ok', results: [{ status: 'appended', seq: 3 }] },
    ]);
    expect(await textsOf('without-a-hole')).toEqual(['a', 'b', 'c']);
  });

  test('may resend events whose reply was lost', async () => {
    const call = callOf('again');
    await log.appender.append(ordered(call, 's', 1, [turn('a'), turn('b')]));
    const again = await log.appender.append(ordered(call, 's', 1, [turn('a'), turn('b'), turn('c')]));
    expect(again).toMatchObject({
      results: [{ status: 'duplicate' }, { status: 'duplicate' }, { status: 'appended', seq: 3 }],
    });
    expect(await textsOf('again')).toEqual(['a', 'b', 'c']);
  });

  test('receives where to resend from when events are missing', async () => {
    const call = callOf('gap');
    await log.appender.append(ordered(call, 's', 1, [turn('a')]));
    expect(await log.appender.append(ordered(call, 's', 3, [turn('c')]))).toEqual({
      outcome: 'gap',
      expected: 2,
    });
    expect(await textsOf('gap')).toEqual(['a']);
  });

  test('does not disturb another source of the same call', async () => {
    const call = callOf('two-sources');
    await log.appender.append(ordered(call, 's1', 1, [turn('a')]));
    await log.appender.append(ordered(call, 's2', 1, [turn('b')]));
    await log.appender.append(ordered(call, 's1', 2, [turn('c')]));
    expect(await textsOf('two-sources')).toEqual(['a', 'b', 'c']);
  });
});

describe('an event with an id to remember', () => {
  test('is appended once, and its duplicate returns the seq of the first', async () => {
    const call = callOf('ids');
    await log.appender.append(ordered(call, 's', 1, [turn('a')]));
    const first = await log.appender.append(unordered(call, ['turn:t1', ...turn('b')]));
    const again = await log.appender.append(
      unordered(call, ['turn:t1', ...turn('b')], ['turn:t2', ...turn('c')]),
    );
    expect([first, again]).toMatchObject([
      { results: [{ status: 'appended', seq: 2 }] },
      {
        results: [
          { status: 'duplicate', seq: 2 },
          { status: 'appended', seq: 3 },
        ],
      },
    ]);
  });

  test('advances its source even as a duplicate, so that the next event is no gap', async () => {
    const call = callOf('id-of-ordered');
    await log.appender.append(unordered(call, ['turn:t1', ...turn('a')]));
    const request = ordered(call, 's', 1, [turn('a')]);
    const events = request.events.map((each) => ({
      ...each,
      event: { ...each.event, id: 'turn:t1' },
      rememberId: true,
    }));
    expect(await log.appender.append({ ...request, events })).toMatchObject({
      results: [{ status: 'duplicate', seq: 1 }],
    });
    expect(await log.appender.append(ordered(call, 's', 2, [turn('b')]))).toMatchObject({ outcome: 'ok' });
    expect(await textsOf('id-of-ordered')).toEqual(['a', 'b']);
  });
});

describe('a full call', () => {
  test('refuses events beyond its limit, accepts its end, and its source continues without a gap', async () => {
    const call = callOf('full');
    const small = createAppender(log.redis, log.space, { maxEvents: 2 });
    const events = [opened('c'), turn('a'), turn('too much'), ended('c')];
    expect(await small.append(ordered(call, 's', 1, events))).toMatchObject({
      results: [
        { seq: 1 },
        { seq: 2 },
        { status: 'refused', reason: 'call_full' },
        { status: 'appended', seq: 3 },
      ],
    });
    expect(await small.append(ordered(call, 's', 5, [turn('late')]))).toMatchObject({
      results: [{ status: 'refused' }],
    });
  });
});

describe('a call that is full by its bytes', () => {
  const sizeOf = (request: AppendRequest) => request.events.reduce((sum, { bytes }) => sum + bytes, 0);

  test('accepts events that fit to the byte, counts UTF-8, and refuses larger ones until a smaller one fits', async () => {
    const call = callOf('full-by-bytes');
    const first = ordered(call, 's', 1, [opened('c'), turn('नमस्ते'.repeat(20))]);
    const last = ordered(call, 's', 4, [turn('fits')]);
    const small = createAppender(log.redis, log.space, {
      maxEvents: 100,
      maxBytes: sizeOf(first) + sizeOf(last),
    });
    expect(await small.append(first)).toMatchObject({ results: [{ seq: 1 }, { seq: 2 }] });
    expect(await small.append(ordered(call, 's', 3, [turn('fits not')]))).toMatchObject({
      results: [{ status: 'refused', reason: 'call_full' }],
    });
    expect(await small.append(last)).toMatchObject({ results: [{ status: 'appended', seq: 3 }] });
    const { head } = callKeys(log.space, call);
    expect(Number(await log.redis.hget(head, 'bytes'))).toBe(sizeOf(first) + sizeOf(last));
    expect(await small.append(ordered(call, 's', 5, [ended('c'), turn('late')]))).toMatchObject({
      results: [{ status: 'appended', seq: 4 }, { status: 'refused' }],
    });
  });

  test('does not accept any number of openings, nor ends of connections that never opened', async () => {
    const call = callOf('opened-often');
    const one = ordered(call, 'c1', 1, [opened('c1')]);
    const small = createAppender(log.redis, log.space, { maxEvents: 100, maxBytes: sizeOf(one) });
    expect(await small.append(one)).toMatchObject({ results: [{ seq: 1 }] });
    expect(await small.append(ordered(call, 'c2', 1, [opened('c2')]))).toMatchObject({
      results: [{ status: 'appended' }],
    });
    expect(await small.append(ordered(call, 'c3', 1, [opened('c3'), ended('c3')]))).toMatchObject({
      results: [{ status: 'refused' }, { status: 'refused' }],
    });
    expect(await small.append(ordered(call, 'c1', 2, [ended('c1')]))).toMatchObject({
      results: [{ status: 'appended' }],
    });
    expect(await small.append(ordered(call, 'c2', 2, [ended('c2')]))).toMatchObject({
      results: [{ status: 'appended' }],
    });
    expect(await log.redis.hget(callKeys(log.space, call).head, 'open')).toBe('0');
  });

  test('accepts events that were acknowledged before', async () => {
    const call = callOf('acknowledged');
    const small = createAppender(log.redis, log.space, { maxEvents: 1, maxBytes: 1 });
    const request = unordered(call, ['a', ...turn('a')], ['b', ...turn('b')]);
    expect(await small.append({ ...request, isAcknowledged: true })).toMatchObject({
      results: [{ seq: 1 }, { seq: 2 }],
    });
  });

  test('counts the bytes of a log that a version without the counter wrote', async () => {
    const call = callOf('uncounted');
    const { head } = callKeys(log.space, call);
    const old = ordered(
      call,
      's',
      1,
      Array.from({ length: 40 }, () => turn('अ')),
    );
    await log.appender.append(old);
    await log.redis.hdel(head, 'bytes');
    const small = createAppender(log.redis, log.space, { maxEvents: 100, maxBytes: sizeOf(old) + 10 });
    expect(await small.append(ordered(call, 's', 41, [turn('b')]))).toMatchObject({
      results: [{ status: 'refused', reason: 'call_full' }],
    });
    await log.appender.append(ordered(call, 's', 42, [turn('b')]));
    const all = sizeOf(old) + sizeOf(ordered(call, 's', 42, [turn('b')]));
    expect(Number(await log.redis.hget(head, 'bytes'))).toBe(all);
  });
});

test('a refused event is refused again when its lost reply makes the sender resend it, and is no duplicate', async () => {
  const call = callOf('refused-again');
  const small = createAppender(log.redis, log.space, { maxEvents: 2 });
  const events = [opened('c'), turn('a'), turn('too much'), ended('c')];
  const statuses = async (request: AppendRequest): Promise<string[]> => {
    const outcome = await small.append(request);
    return outcome.outcome === 'ok' ? outcome.results.map(({ status }) => status) : [outcome.outcome];
  };
  expect(await statuses(ordered(call, 's', 1, events))).toEqual([
    'appended',
    'appended',
    'refused',
    'appended',
  ]);
  expect(await statuses(ordered(call, 's', 1, events))).toEqual([
    'duplicate',
    'duplicate',
    'refused',
    'duplicate',
  ]);
  const further = [turn('too much'), ended('c'), turn('late')];
  expect(await statuses(ordered(call, 's', 3, further))).toEqual(['refused', 'duplicate', 'refused']);
  // The first attempt arrives late: the result of the second one stays.
  expect(await statuses(ordered(call, 's', 1, events))).toEqual([
    'duplicate',
    'duplicate',
    'refused',
    'duplicate',
  ]);
  expect(await statuses(ordered(call, 's', 3, further))).toEqual(['refused', 'duplicate', 'refused']);
});

describe('a full tenant', () => {
  test('refuses new events, but not duplicates or events that open or end a call', async () => {
    const call = callOf('of-a-full-tenant');
    const isTenantFull = true;
    await log.appender.append(unordered(call, ['known', ...turn('known')]));
    const request = unordered(
      call,
      ['known', ...turn('known')],
      ['new', ...turn('new')],
      ['opens', ...opened('c')],
      ['ends', ...ended('c')],
      ['over', 'call.status_reported', { status: 'completed' }],
    );
    expect(await log.appender.append({ ...request, isTenantFull })).toMatchObject({
      results: [
        { status: 'duplicate', seq: 1 },
        { status: 'refused', reason: 'tenant_full' },
        { status: 'appended' },
        { status: 'appended' },
        { status: 'appended' },
      ],
    });
    expect(await log.appender.append({ ...request, isTenantFull, isAcknowledged: true })).toMatchObject({
      results: [{ status: 'duplicate' }, { status: 'appended' }, {}, {}, {}],
    });
  });
});

test('a call whose key is of another type fails alone', async () => {
  const [broken, healthy] = [callOf('wrong-type'), callOf('wrong-type-beside')];
  const space = { ...log.space, partitions: 1 };
  const appender = createAppender(log.redis, space, { maxEvents: 10 });
  await log.redis.set(callKeys(space, broken).log, 'of another type');
  const [first, second] = await Promise.allSettled(
    [broken, healthy].map((call) => appender.append(unordered(call, ['a', ...turn('a')]))),
  );
  expect(first?.status === 'rejected' && String(first.reason)).toContain('WRONGTYPE');
  expect(second).toMatchObject({ value: { outcome: 'ok', results: [{ seq: 1 }] } });
});

describe('routing', () => {
  test('the end of a call and late events go to the persist feed, earlier events do not', async () => {
    const call = callOf('routing');
    await log.appender.append(ordered(call, 'c', 1, [opened('c'), turn('a')]));
    expect(await feedReasons('routing')).toEqual([]);
    await log.appender.append(ordered(call, 'c', 3, [ended('c')]));
    await log.appender.append(ordered(call, 'c', 4, [turn('late')]));
    expect(await feedReasons('routing')).toEqual(['closed', 'late']);
  });

  test('a call that the carrier reports as over is persisted, with or without a connection', async () => {
    const report = (status: 'ringing' | 'busy') => ['call.status_reported', { status }] as const;
    const call = callOf('reported');
    await log.appender.append(unordered(call, ['s1', ...report('ringing')]));
    expect(await feedReasons('reported')).toEqual([]);
    await log.appender.append(unordered(call, ['s2', ...report('busy')], ['s2', ...report('busy')]));
    await log.appender.append(unordered(call, ['s2', ...report('busy')]));
    expect(await feedReasons('reported')).toEqual(['reported']);
    const streaming = callOf('reported-streaming');
    await log.appender.append(ordered(streaming, 'c', 1, [opened('c')]));
    await log.appender.append(unordered(streaming, ['s2', ...report('busy')]));
    expect(await feedReasons('reported-streaming')).toEqual(['reported']);
  });

  test('a call is live until its last connection is over', async () => {
    const call = callOf('live');
    const { live } = partitionKeys(log.space, partitionOf(log.space, call));
    const isLive = async () => (await log.redis.zscore(live, 'default/live')) !== null;
    await log.appender.append(ordered(call, 'c1', 1, [opened('c1')]));
    await log.appender.append(ordered(call, 'c2', 1, [opened('c2')]));
    await log.appender.append(ordered(call, 'c1', 2, [ended('c1')]));
    expect(await isLive()).toBe(true);
    await log.appender.append(ordered(call, 'c2', 2, [ended('c2')]));
    expect(await isLive()).toBe(false);
  });

  test('a call that opens and ends within one run is not live; one that continues is live and counts as seen', async () => {
    const [over, goesOn] = [callOf('over-in-one-run'), callOf('live-in-one-run')];
    const space = { ...log.space, partitions: 1 };
    const appender = createAppender(log.redis, space, { maxEvents: 10 });
    const lost = unordered(goesOn, [
      'lost',
      'call.disconnected',
      { connectionId: 'c', reason: 'gateway_lost' },
    ]);
    const outcomes = await Promise.all(
      [
        ordered(over, 'c', 1, [opened('c')]),
        ordered(goesOn, 's', 1, [turn('a')]),
        ordered(over, 'c', 2, [ended('c')]),
        { ...lost, unseenSinceMs: Date.now() - 60_000 },
      ].map((request) => appender.append(request)),
    );
    expect(outcomes.map(({ outcome }) => outcome)).toEqual(['ok', 'ok', 'ok', 'seen']);
    const { live } = partitionKeys(space, 0);
    const scores = await log.redis.zmscore(live, 'default/over-in-one-run', 'default/live-in-one-run');
    expect(scores).toEqual([null, expect.stringMatching(/^\d{13}$/)]);
  });

  test('an end that is reported twice closes one connection', async () => {
    const call = callOf('ended-twice');
    await log.appender.append(ordered(call, 'c1', 1, [opened('c1')]));
    await log.appender.append(ordered(call, 'c2', 1, [opened('c2')]));
    await log.appender.append(
      unordered(call, ['lost:c1', 'call.disconnected', { connectionId: 'c1', reason: 'gateway_lost' }]),
    );
    await log.appender.append(ordered(call, 'c1', 2, [ended('c1')]));
    expect(await log.redis.hget(callKeys(log.space, call).head, 'open')).toBe('1');
  });
});

test('an event stops the expiry of the keys', async () => {
  const call = callOf('expiring');
  const { head, log: stream } = callKeys(log.space, call);
  await log.appender.append(ordered(call, 'c', 1, [opened('c'), ended('c')]));
  await log.redis.multi().hset(head, 'expiring', 1).pexpire(head, 60_000).pexpire(stream, 60_000).exec();
  await log.appender.append(ordered(call, 'c', 3, [turn('late')]));
  expect([await log.redis.pttl(head), await log.redis.pttl(stream)]).toEqual([-1, -1]);
});

test('an append for lost calls does nothing if the call was seen in the meantime', async () => {
  const call = callOf('seen');
  await log.appender.append(ordered(call, 'c', 1, [opened('c')]));
  const lost = unordered(call, ['lost', 'call.disconnected', { connectionId: 'c', reason: 'gateway_lost' }]);
  expect(await log.appender.append({ ...lost, unseenSinceMs: Date.now() - 60_000 })).toEqual({
    outcome: 'seen',
  });
  expect(await log.appender.append({ ...lost, unseenSinceMs: Date.now() + 60_000 })).toMatchObject({
    outcome: 'ok',
  });
});

test('after a server lost its scripts, every event is appended once', async () => {
  const call = callOf('flushed');
  for (let seq = 1; seq <= 20; seq += 1) {
    const appended = log.appender.append(ordered(call, 's', seq, [turn(`${seq}`)]));
    await log.redis.script('FLUSH');
    expect(await appended).toMatchObject({ outcome: 'ok' });
  }
  expect(await textsOf('flushed')).toEqual(Array.from({ length: 20 }, (_, index) => `${index + 1}`));
});

test('a call that starts again gets a new epoch', async () => {
  const call = callOf('epochs');
  const first = await log.appender.append(ordered(call, 's', 1, [turn('a')]));
  const { head, log: stream, ids } = callKeys(log.space, call);
  await log.redis.del(head, stream, ids);
  expect(await log.appender.append(ordered(call, 's', 2, [turn('b')]))).toEqual({
    outcome: 'gap',
    expected: 1,
  });
  const second = await log.appender.append(ordered(call, 's', 1, [turn('a'), turn('b')]));
  expect(second).toMatchObject({ outcome: 'ok', results: [{ seq: 1 }, { seq: 2 }] });
  expect(second.outcome === 'ok' && first.outcome === 'ok' && second.epoch !== first.epoch).toBe(true);
});
