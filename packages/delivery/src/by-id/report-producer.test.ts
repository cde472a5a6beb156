import { expect, test } from '@jest/globals';
import { CALL, eventOf, T0, turn } from '@turnlog/call-events/testing';
import { type Appender, type AppendOutcome, toNewEvent, type NewEvent } from '@turnlog/call-log';
import { FaultyLog } from '@turnlog/call-log/testing';
import { waitUntil } from '@turnlog/test-kit';
import fc from 'fast-check';
import { setTimeout as delay } from 'node:timers/promises';
import { heldBytesOf } from '../retention/held-bytes.ts';
import { type RetainedReportsOptions } from './retained-reports.ts';
import { ReportProducer } from './report-producer.ts';
import { Retention } from '../retention/retention.ts';

const KEEP_MS = 60_000;

function keeperOn(
  log: FaultyLog,
  options: Partial<RetainedReportsOptions> & { maxTotalBytes?: number } = {},
) {
  const clock = { nowMs: T0 };
  const restored: number[] = [];
  const retention = new Retention(
    (requests) => Promise.resolve(requests.map(() => log.head())),
    KEEP_MS,
    options.maxTotalBytes,
  );
  const keeper = new ReportProducer({
    appender: log,
    retention,
    maxRetainedBytes: 1_000_000,
    backoff: { minMs: 1, maxMs: 1 },
    observer: { onRetry: () => undefined, onRestored: ({ events }) => restored.push(events) },
    now: () => clock.nowMs,
    ...options,
  });
  const sweep = async (): Promise<void> => {
    await retention.sweep(clock.nowMs);
    await Promise.all(retention.buffers.map((holder) => holder.whenIdle()));
  };
  return { keeper, retention, restored, clock, sweep };
}

function report(id: string, text = 'word'): NewEvent {
  return toNewEvent(eventOf(turn(text), { source: 'http:test', id }), { rememberId: true });
}

const send = (keeper: Appender, ...events: NewEvent[]): Promise<AppendOutcome> =>
  keeper.append({ call: CALL, events, mode: 'unordered' });

test('whatever a Redis loses that was acknowledged, it has it again after the next look at its head, once', async () => {
  const step = fc.oneof(
    fc.record({ do: fc.constant('report' as const), count: fc.integer({ min: 1, max: 4 }) }),
    fc.record({ do: fc.constant('fail over' as const), share: fc.double({ min: 0, max: 1, noNaN: true }) }),
    fc.record({ do: fc.constant('look' as const) }),
    fc.record({ do: fc.constant('persist' as const) }),
  );
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 25 }), async (steps) => {
      const log = new FaultyLog();
      const { keeper, sweep } = keeperOn(log);
      const persisted = new Set<string>();
      const acknowledged: string[] = [];
      for (const each of steps) {
        if (each.do === 'report') {
          const ids = Array.from({ length: each.count }, (_, index) => `e${acknowledged.length + index}`);
          await send(keeper, ...ids.map((id) => report(id)));
          acknowledged.push(...ids);
        } else if (each.do === 'fail over') log.lose(Math.floor(log.ids.length * each.share));
        else if (each.do === 'look') await sweep();
        else {
          log.persistedSeq = log.ids.length;
          for (const id of log.ids) persisted.add(id);
        }
      }
      await sweep();
      const safe = [...new Set([...log.ids, ...persisted])];
      expect(safe.sort()).toEqual(acknowledged.sort());
      expect(new Set(log.ids).size).toBe(log.ids.length);
    }),
    { numRuns: 300 },
  );
});

test('a Redis that was started again and lost nothing has nothing restored', async () => {
  const log = new FaultyLog();
  const { keeper, restored, sweep } = keeperOn(log);
  await send(keeper, report('a'), report('b'));
  log.lose(2);
  await send(keeper, report('c'));
  await sweep();
  expect(log.ids).toEqual(['a', 'b', 'c']);
  expect(restored).toEqual([]);
});

test('restored reports are counted, and sent in batches of a bounded size', async () => {
  const log = new FaultyLog();
  const { keeper, restored, sweep } = keeperOn(log);
  await send(keeper, ...Array.from({ length: 450 }, (_, index) => report(`e${index}`)));
  log.lose(0);
  log.appends = 0;
  await sweep();
  expect(log.ids).toHaveLength(450);
  expect(log.appends).toBe(3);
  expect(restored).toEqual([450]);
});

test('persisted reports are forgotten, and their call with them', async () => {
  const log = new FaultyLog();
  const { keeper, retention, sweep } = keeperOn(log);
  await send(keeper, report('a'), report('b'));
  const all = retention.retainedBytes;
  log.persistedSeq = 1;
  await sweep();
  expect(retention.retainedBytes).toBeCloseTo(all / 2, -1);
  log.persistedSeq = 2;
  await sweep();
  expect(retention.buffers).toHaveLength(0);
  await send(keeper, report('c'));
  expect(retention.buffers).toHaveLength(1);
});

test('what is not persisted is kept for as long as after a connection, counted from the last report', async () => {
  const log = new FaultyLog();
  const { keeper, retention, clock, sweep } = keeperOn(log);
  await send(keeper, report('a'));
  clock.nowMs += KEEP_MS;
  await send(keeper, report('b'));
  clock.nowMs += KEEP_MS;
  await sweep();
  expect(retention.buffers).toHaveLength(1);
  clock.nowMs += 1;
  await sweep();
  expect(retention.buffers).toHaveLength(0);
});

test('of one call and of all, the oldest reports are forgotten when there is no more room', async () => {
  const log = new FaultyLog();
  const size = heldBytesOf(report('a'));
  const { keeper, retention, clock, sweep } = keeperOn(log, {
    maxRetainedBytes: 3.5 * size,
    maxTotalBytes: 1.5 * size,
  });
  for (const id of ['a', 'b', 'c', 'd']) {
    await send(keeper, report(id));
    clock.nowMs += 1_000;
  }
  expect(retention.retainedBytes).toBe(3 * size);
  retention.enforceLimit(clock.nowMs);
  expect(retention.retainedBytes).toBe(size);
  log.lose(0);
  await sweep();
  expect(log.ids).toEqual(['d']);
});

test('nothing of an erased call comes back', async () => {
  const log = new FaultyLog();
  const { keeper, retention, sweep } = keeperOn(log);
  await send(keeper, report('a'), report('b'));
  log.erase();
  await sweep();
  expect(retention.retainedBytes).toBe(0);
  expect(log.ids).toEqual([]);
});

test('a report that was acknowledged outlives a Redis that lost it, and refuses it when its sender repeats it', async () => {
  const log = new FaultyLog();
  const { keeper, sweep } = keeperOn(log);
  await send(keeper, report('a'));
  log.lose(0);
  const refuse = (_call: unknown): Promise<AppendOutcome> =>
    Promise.resolve({
      outcome: 'ok',
      epoch: 'another',
      results: [{ status: 'refused', reason: 'call_full' }],
    });
  const append = log.append.bind(log);
  log.append = refuse;
  await send(keeper, report('a'));
  log.append = append;
  await sweep();
  expect(log.ids).toEqual(['a']);
});

test('what the log would not know again is not sent again', async () => {
  const log = new FaultyLog();
  const { keeper, retention } = keeperOn(log);
  await send(keeper, { ...report('a'), rememberId: false });
  expect(retention.retainedBytes).toBe(0);
});

test('while Redis is away what it lost is on the disk, and goes from there when Redis has it', async () => {
  const log = new FaultyLog();
  const disk = { events: 0 };
  const spool = {
    store: (events: readonly NewEvent[]) => {
      disk.events += events.length;
      return Promise.resolve({ release: (count: number) => void (disk.events -= count) });
    },
  };
  const { keeper, retention } = keeperOn(log, { spool });
  await send(keeper, report('a'), report('b'), report('c'));
  log.lose(1);
  log.isUnavailable = true;
  await retention.sweep(T0);
  await waitUntil(() => log.appends > 3 && disk.events === 2, { what: 'both are on the disk, sent in vain' });
  const [holder] = retention.buffers;
  expect(holder).toMatchObject({ pendingEvents: 2, unsafeEvents: 0 });
  // It is not forgotten, however long that takes.
  await retention.sweep(T0 + 10 * KEEP_MS);
  expect(retention.buffers).toHaveLength(1);

  log.isUnavailable = false;
  await holder?.whenIdle();
  expect(log.ids).toEqual(['a', 'b', 'c']);
  expect(disk.events).toBe(0);
  expect(holder).toMatchObject({ pendingEvents: 0, pendingBytes: 0 });
});

test('an abandoned buffer returns how many events it leaves, and knows which of them are in no spool', async () => {
  const log = new FaultyLog();
  const { keeper, retention } = keeperOn(log);
  await send(keeper, report('a'), report('b'));
  log.lose(0);
  log.isUnavailable = true;
  await retention.sweep(T0);
  await delay(5);
  const [holder] = retention.buffers;
  await holder?.saveToSpool();
  expect(holder?.unsafeEvents).toBe(2);
  expect(holder?.abandon()).toBe(2);
  const { appends } = log;
  await delay(20);
  expect(log.appends).toBe(appends);
});
