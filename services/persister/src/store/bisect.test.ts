import { type DatabaseErrorKind } from '@turnlog/call-store';
import { expect, test } from '@jest/globals';
import { BatchSize, bisect } from './bisect.ts';

class WriteError extends Error {
  readonly kind: DatabaseErrorKind;

  constructor(kind: DatabaseErrorKind) {
    super(kind);
    this.kind = kind;
  }
}

const classify = (error: unknown): DatabaseErrorKind =>
  error instanceof WriteError ? error.kind : 'unknown';

/** A table that refuses a batch when one of its items is among `bad`, and counts its requests. */
function tableThatRefuses(bad: readonly number[], kind: DatabaseErrorKind) {
  const batches: (readonly number[])[] = [];
  const write = (batch: readonly number[]): Promise<number[]> => {
    batches.push(batch);
    if (batch.some((item) => bad.includes(item))) return Promise.reject(new WriteError(kind));
    return Promise.resolve(batch.map((item) => item * 10));
  };
  return { batches, write };
}

const hundred = Array.from({ length: 100 }, (_, index) => index);

test('a batch that is taken is written once', async () => {
  const { batches, write } = tableThatRefuses([], 'row');

  const attempts = await bisect([1, 2], write, { classify });

  expect(attempts).toEqual([
    { ok: true, item: 1, result: 10 },
    { ok: true, item: 2, result: 20 },
  ]);
  expect(batches).toHaveLength(1);
});

test('the one bad row of a hundred stands alone after a few halvings, and all others are written', async () => {
  const { batches, write } = tableThatRefuses([37], 'row');

  const attempts = await bisect(hundred, write, { classify });

  expect(attempts.map(({ item }) => item)).toEqual(hundred);
  expect(attempts.filter(({ ok }) => !ok).map(({ item }) => item)).toEqual([37]);
  expect(batches.length).toBeLessThanOrEqual(15);
});

test('a batch of nothing but bad rows is refused row by row', async () => {
  const attempts = await bisect(hundred, tableThatRefuses(hundred, 'row').write, { classify });

  expect(attempts.filter(({ ok }) => !ok)).toHaveLength(100);
});

test.each(['unavailable', 'misconfigured'] as const)(
  'an error that is %s is not the fault of any item',
  async (kind) => {
    const { batches, write } = tableThatRefuses([37], kind);

    await expect(bisect(hundred, write, { classify })).rejects.toThrow(kind);
    expect(batches).toHaveLength(1);
  },
);

test('an unknown error is tracked down to the row that caused it', async () => {
  const attempts = await bisect(hundred, tableThatRefuses([0], 'unknown').write, { classify });

  expect(attempts.filter(({ ok }) => !ok)).toEqual([expect.objectContaining({ item: 0, kind: 'unknown' })]);
});

test('an unknown error that hits everything is not the rows’ fault, and is not tried with each', async () => {
  const { batches, write } = tableThatRefuses(hundred, 'unknown');

  await expect(bisect(hundred, write, { classify })).rejects.toThrow('unknown');
  expect(batches.length).toBeLessThan(20);
});

test.each(['locked', 'timeout', 'retry'] as const)(
  'the one item that is %s stands alone, and all others are written',
  async (kind) => {
    const attempts = await bisect(hundred, tableThatRefuses([37], kind).write, { classify });

    expect(attempts.filter(({ ok }) => !ok)).toEqual([
      expect.objectContaining({ item: 37, kind: 'slow', ok: false }),
    ]);
  },
);

/** A table that takes some time for each item, and rejects a batch that takes too long. */
function slowTable(itemMs: number, timeoutMs: number) {
  let elapsedMs = 0;
  const sizes: number[] = [];
  const write = (batch: readonly number[]): Promise<readonly number[]> => {
    sizes.push(batch.length);
    elapsedMs += Math.min(timeoutMs, batch.length * itemMs);
    return batch.length * itemMs > timeoutMs
      ? Promise.reject(new WriteError('timeout'))
      : Promise.resolve(batch);
  };
  return { sizes, elapsedMs: () => elapsedMs, write };
}

test('what took too long is halved until it passes, and what passed is the size from then on', async () => {
  const { sizes, write } = slowTable(200, 5_000);
  const size = new BatchSize(100);
  for (let batch = 0; batch < 3; batch += 1) {
    const attempts = await bisect(hundred, write, { classify, size });
    expect(attempts.every(({ ok }) => ok)).toBe(true);
  }
  expect(sizes.slice(0, 3)).toEqual([100, 50, 25]);
  // Of three hundred items, what was lost to time-outs is little.
  expect(sizes.filter((count) => count > 25).length).toBeLessThanOrEqual(6);
  expect(size.items).toBeGreaterThanOrEqual(12);
});

test('where each item takes too long alone, the others of the batch are not waited for', async () => {
  const { sizes, write, elapsedMs } = slowTable(6_000, 5_000);
  const attempts = await bisect(hundred, write, { classify, size: new BatchSize(100) });

  expect(attempts.map(({ item }) => item)).toEqual(hundred);
  expect(attempts.every((attempt) => !attempt.ok && attempt.kind === 'slow')).toBe(true);
  expect(sizes.filter((count) => count === 1)).toHaveLength(3);
  expect(elapsedMs()).toBeLessThan(60_000);
});
