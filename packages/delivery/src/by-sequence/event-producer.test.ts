import { expect, test } from '@jest/globals';
import { type Appender, type AppendRequest } from '@turnlog/call-log';
import { FaultyLog, type Fault } from '@turnlog/call-log/testing';
import { waitUntil } from '@turnlog/test-kit';
import fc from 'fast-check';
import { setTimeout as delay } from 'node:timers/promises';
import { EventProducer } from './event-producer.ts';
import { type ProducerLimits, type DeliveryResult } from '../delivery-options.ts';
import { Retention } from '../retention/retention.ts';

const CALL = { tenant: 'default', callSid: 'CA1' };
const LIMITS: ProducerLimits = {
  maxPendingBytes: 1_000_000,
  maxRetainedBytes: 1_000_000,
  backoff: { minMs: 1, maxMs: 1 },
};

function producerOn(log: Appender, limits: Partial<ProducerLimits> = {}) {
  const gaps: number[] = [];
  const producer = new EventProducer({
    call: CALL,
    source: 'conn',
    appender: log,
    limits: { ...LIMITS, ...limits },
    observer: {
      onResult: () => undefined,
      onRetry: () => undefined,
      onGap: ({ lost }) => gaps.push(lost),
    },
  });
  return { producer, gaps };
}

function add(producer: EventProducer, id: string, receipts?: Map<string, DeliveryResult[]>): void {
  producer.add(
    { type: 'stage.changed', data: { stage: 'word' }, atMs: 1_769_339_725_120, id },
    {
      onResult: (receipt) => {
        receipts?.set(id, [...(receipts.get(id) ?? []), receipt]);
      },
    },
  );
}

test('whatever is lost, the log has every event once and in order, and each event has one result', async () => {
  const fault = fc.constantFrom<Fault>('none', 'none', 'request_lost', 'reply_lost', 'tail_lost');
  await fc.assert(
    fc.asyncProperty(
      fc.array(fault, { maxLength: 12 }),
      fc.array(fc.nat(3), { minLength: 1, maxLength: 8 }),
      async (faults, bursts) => {
        const log = new FaultyLog(faults);
        const { producer } = producerOn(log);
        const receipts = new Map<string, DeliveryResult[]>();
        const ids: string[] = [];
        for (const burst of bursts) {
          for (let index = 0; index < burst; index += 1) {
            ids.push(`e${ids.length}`);
            add(producer, ids.at(-1) ?? '', receipts);
          }
          await delay(0);
        }
        await producer.whenIdle();
        // What was lost after the last append is found by the next one.
        add(producer, 'last', receipts);
        await producer.whenIdle();
        expect(log.ids).toEqual([...ids, 'last']);
        expect([...receipts.values()].every((each) => each.length === 1)).toBe(true);
        expect(receipts.size).toBe(ids.length + 1);
        expect(log.mostPending).toBe(1);
        expect(producer.pendingBytes).toBe(0);
      },
    ),
    { numRuns: 60 },
  );
});

test('events that come while an append is pending go with the next one', async () => {
  const log = new FaultyLog();
  const { producer } = producerOn(log);
  for (let index = 0; index < 50; index += 1) add(producer, `e${index}`);
  await producer.whenIdle();
  expect(log.appends).toBe(2);
  expect(log.entries).toHaveLength(50);
});

test('our own resend is not a duplicate for the sender', async () => {
  const { producer } = producerOn(new FaultyLog(['reply_lost']));
  const receipts = new Map<string, DeliveryResult[]>();
  add(producer, 'a', receipts);
  await producer.whenIdle();
  expect(receipts.get('a')).toEqual([{ status: 'appended', seq: undefined }]);
});

test('an event has a result only when the log has it', async () => {
  const { producer } = producerOn(new FaultyLog(['request_lost', 'request_lost']));
  const receipts = new Map<string, DeliveryResult[]>();
  add(producer, 'a', receipts);
  await delay(0);
  expect(receipts.size).toBe(0);
  await producer.whenIdle();
  expect(receipts.get('a')).toEqual([{ status: 'appended', seq: 1 }]);
});

test('persisted events are forgotten, the others are kept', async () => {
  const log = new FaultyLog();
  const { producer } = producerOn(log);
  for (const id of ['a', 'b', 'c']) add(producer, id);
  await producer.whenIdle();
  const all = producer.retainedBytes;
  log.persistedSeq = 2;
  producer.compareWithHead(log.head());
  expect(producer.retainedBytes).toBeCloseTo(all / 3, -1);
  log.persistedSeq = 3;
  producer.compareWithHead(log.head());
  expect(producer.retainedBytes).toBe(0);
});

test('a head that lost its newest events has them sent again', async () => {
  const log = new FaultyLog();
  const { producer, gaps } = producerOn(log);
  for (const id of ['a', 'b', 'c']) add(producer, id);
  await producer.whenIdle();
  log.lose(1);
  producer.compareWithHead(log.head());
  await producer.whenIdle();
  expect(log.ids).toEqual(['a', 'b', 'c']);
  expect(gaps).toEqual([0]);
});

test('a lost event is sent again although its seq was never known', async () => {
  const log = new FaultyLog(['none', 'reply_lost']);
  const { producer } = producerOn(log);
  add(producer, 'a');
  await producer.whenIdle();
  add(producer, 'end');
  await producer.whenIdle();
  producer.compareWithHead(log.head());
  await producer.whenIdle();
  expect(log.ids).toEqual(['a', 'end']);
  log.lose(1);
  producer.compareWithHead(log.head());
  await producer.whenIdle();
  expect(log.ids).toEqual(['a', 'end']);
});

test('where the log lacks forgotten events, the source continues under another name', async () => {
  const log = new FaultyLog();
  const { producer, gaps } = producerOn(log);
  for (const id of ['a', 'b']) add(producer, id);
  await producer.whenIdle();
  log.persistedSeq = 2;
  producer.compareWithHead(log.head());
  add(producer, 'c');
  await producer.whenIdle();
  log.lose();
  add(producer, 'd');
  await producer.whenIdle();
  expect(log.entries.map(({ id, source }) => `${source} ${id}`)).toEqual(['conn.1 c', 'conn.1 d']);
  expect(gaps).toEqual([2]);
});

test('the memory for acknowledged events is bounded, the one for the others is not', async () => {
  const log = new FaultyLog(Array.from({ length: 20 }, () => 'request_lost' as const));
  const { producer } = producerOn(log, { maxRetainedBytes: 500, maxPendingBytes: 500 });
  for (let index = 0; index < 600; index += 1) add(producer, `e${index}`);
  expect(producer.isOverloaded).toBe(true);
  expect(producer.retainedBytes).toBeGreaterThan(3000);
  await producer.whenIdle();
  expect(log.entries).toHaveLength(600);
  expect(producer.isOverloaded).toBe(false);
  expect(producer.retainedBytes).toBeLessThanOrEqual(500);
});

test('an abandoned producer says how much it leaves behind', async () => {
  const { producer } = producerOn(new FaultyLog(['request_lost']), {
    backoff: { minMs: 60_000, maxMs: 60_000 },
  });
  add(producer, 'a');
  add(producer, 'b');
  await delay(5);
  expect(producer.abandon()).toBe(2);
});

test('of all that is kept the oldest acknowledged events go first, and unacknowledged ones never', async () => {
  const startMs = 1_769_339_725_120;
  const { producer: older } = producerOn(new FaultyLog());
  const { producer: newer } = producerOn(new FaultyLog());
  const { producer: stalled } = producerOn(new FaultyLog(['request_lost']), {
    backoff: { minMs: 60_000, maxMs: 60_000 },
  });
  const addAt = (producer: EventProducer, second: number): void =>
    producer.add({ type: 'stage.changed', data: { stage: 'word' }, atMs: startMs + second * 1_000 });
  for (let second = 0; second < 40; second += 1) addAt(second < 20 ? older : newer, second);
  for (let second = 0; second < 5; second += 1) addAt(stalled, second);
  await Promise.all([older, newer].map((producer) => producer.whenIdle()));
  const unacknowledged = stalled.retainedBytes;
  const whole = newer.retainedBytes;

  const limitedTo = (maxTotalBytes: number): Retention => {
    const retention = new Retention(() => Promise.resolve([]), 60_000, maxTotalBytes);
    for (const producer of [older, newer, stalled]) retention.add(producer);
    retention.enforceLimit(startMs + 40_000);
    return retention;
  };
  const tight = limitedTo(unacknowledged + whole);
  expect(older.retainedBytes).toBe(0);
  expect(newer.retainedBytes).toBeGreaterThan(whole / 2);
  expect(stalled.retainedBytes).toBe(unacknowledged);
  expect(tight.isOverloaded).toBe(false);

  const none = limitedTo(100);
  expect([newer.retainedBytes, stalled.retainedBytes]).toEqual([0, unacknowledged]);
  expect(none.isOverloaded).toBe(true);
  stalled.abandon();
});

test('what a full call refuses after the spool acknowledged it is appended all the same, under another source', async () => {
  const requests: AppendRequest[] = [];
  let refuse = (): void => undefined;
  const appender: Appender = {
    append: async (request) => {
      requests.push(request);
      if (request.isAcknowledged !== true) await new Promise<void>((resolve) => (refuse = resolve));
      const refused = { status: 'refused', reason: 'call_full' } as const;
      const results = request.events.map((_, index) =>
        request.isAcknowledged === true ? { status: 'appended' as const, seq: index + 1 } : refused,
      );
      return { outcome: 'ok', epoch: 'e', results };
    },
  };
  const released: number[] = [];
  const producer = new EventProducer({
    call: CALL,
    source: 'conn',
    appender,
    limits: LIMITS,
    observer: { onResult: () => undefined, onRetry: () => undefined, onGap: () => undefined },
    spool: {
      afterMs: 1,
      store: () => Promise.resolve({ release: (events) => released.push(events) }),
    },
  });
  const receipts = new Map<string, DeliveryResult[]>();
  add(producer, 'a', receipts);
  await waitUntil(() => receipts.size === 1, { what: 'the spool has it' });
  expect(receipts.get('a')).toEqual([{ status: 'appended', seq: undefined, isSpooled: true }]);
  refuse();
  await producer.whenIdle();
  expect(requests.at(-1)).toMatchObject({
    isAcknowledged: true,
    events: [{ event: { id: 'a', source: 'conn.1', sourceSeq: 1 } }],
  });
  expect(JSON.parse(requests.at(-1)?.events[0]?.text ?? '')).toMatchObject({
    source: 'conn.1',
    sourceSeq: 1,
  });
  expect([released, receipts.get('a')?.length, producer.pendingEvents]).toEqual([[1], 1, 0]);
});
