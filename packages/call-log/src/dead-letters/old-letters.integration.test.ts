import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals';
import { type CallKey } from '@turnlog/call-events';
import {
  callOf,
  ended,
  openTestLog,
  ordered,
  started,
  turn,
  type AnyEventData,
} from '../call-log.test-support.ts';
import { callKeys, partitionKeys } from '../keys.ts';
import { DeadLetters, type DeadLetter } from './dead-letters.ts';
import { removeOldLetters } from './old-letters.ts';

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

let log: Awaited<ReturnType<typeof openTestLog>>;
beforeAll(async () => (log = await openTestLog({ partitions: 1 })));
beforeEach(() => log.redis.del(partitionKeys(log.space, 0).dead));
afterAll(() => log.close());

async function refused(callSid: string, events: readonly AnyEventData[], more: Partial<DeadLetter> = {}) {
  const call = callOf(callSid);
  const outcome = await log.appender.append(ordered(call, 'c', 1, [...events]));
  const epoch = outcome.outcome === 'ok' ? outcome.epoch : '';
  const letter = { call, kind: 'call', seq: 1, reason: '22P05', detail: '', original: '' } as const;
  const pointer = { epoch, fromSeq: 1, toSeq: events.length };
  await new DeadLetters(log.redis, log.space).add({ ...letter, log: pointer, atMs: Date.now(), ...more }, []);
  return call;
}

/** As if it were two days later, with dead letters kept for one. */
function removeOld(more: { held?: string; beforeMs?: number; isDryRun?: boolean; tenant?: string } = {}) {
  const { held, beforeMs = Date.now() + DAY_MS, isDryRun = false, tenant = 'default' } = more;
  const isHeld = ({ callSid }: CallKey) => Promise.resolve(callSid === held);
  return removeOldLetters(log.redis, log.space, { tenant, beforeMs, isDryRun, isHeld });
}

const hasLog = (call: CallKey) => log.redis.exists(callKeys(log.space, call).log);
const lettersLeft = async () =>
  (await new DeadLetters(log.redis, log.space).list()).map(({ call }) => call.callSid);

test('an old dead letter is removed with the log that it points at and all keys of the call', async () => {
  const call = await refused('old', [started('c'), turn('said'), ended('c')]);
  expect([await removeOld({ isDryRun: true }), await hasLog(call)]).toEqual([1, 1]);
  expect([await removeOld(), await removeOld()]).toEqual([1, 0]);
  expect(await lettersLeft()).toEqual([]);
  const keys = await log.redis.keys(`${log.space.prefix}*default/old:*`);
  expect(keys).toEqual([]);
});

test('a dead letter stays if it is young, held, of another tenant or of a call in progress', async () => {
  const calls = [
    await refused('kept', [started('c'), turn('said'), ended('c')]),
    await refused('live', [started('c'), turn('said')]),
  ];
  expect(await removeOld({ beforeMs: Date.now() - HOUR_MS })).toBe(0);
  expect(await removeOld({ held: 'kept' })).toBe(0);
  expect(await removeOld({ tenant: 'acme' })).toBe(0);
  expect(await lettersLeft()).toEqual(['kept', 'live']);
  expect(await Promise.all(calls.map(hasLog))).toEqual([1, 1]);
  expect(await removeOld()).toBe(1);
  expect(await lettersLeft()).toEqual(['live']);
});

test('an old dead letter stays while the log has something younger of its call', async () => {
  const call = await refused('younger', [started('c'), turn('said'), ended('c')], { atMs: 1 });
  const [newest] = await log.redis.xrevrange(callKeys(log.space, call).log, '+', '-', 'COUNT', 1);
  const { at } = JSON.parse(newest?.[1][1] ?? '') as { at: string };
  expect([await removeOld({ beforeMs: Date.parse(at) }), await hasLog(call)]).toEqual([0, 1]);
  expect(await lettersLeft()).toEqual(['younger']);
});

test('the log of a call with two dead letters goes with the last, and not before the call is persisted', async () => {
  const call = await refused('two', [started('c'), turn('said'), ended('c')], { kind: 'event', seq: 2 });
  const again = { call, reason: 'not_json', detail: '', original: '', atMs: Date.now() };
  const pointer = { epoch: 'any', fromSeq: 3, toSeq: 3 };
  await new DeadLetters(log.redis, log.space).add({ ...again, kind: 'event', seq: 3, log: pointer }, []);
  expect(await log.redis.hget(callKeys(log.space, call).head, 'pinned')).toBe('2');
  expect([await removeOld(), await hasLog(call)]).toEqual([2, 1]);
  expect(await log.redis.hget(callKeys(log.space, call).head, 'pinned')).toBeNull();
});

test('a dead letter of an older version, which holds the call itself, is removed as well', async () => {
  const call = callOf('older');
  const letter = {
    call,
    kind: 'call',
    seq: 1,
    reason: '54000',
    detail: '',
    original: 'said',
    atMs: 1,
  } as const;
  await new DeadLetters(log.redis, log.space).add(letter, []);
  expect([await removeOld(), await lettersLeft()]).toEqual([1, []]);
});
