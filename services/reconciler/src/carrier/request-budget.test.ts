import { expect, test } from '@jest/globals';
import { type ApiAnswer } from '@turnlog/exotel';
import { RequestBudget } from './request-budget.ts';

const LIMIT = { perMinute: 60, burst: 1 };

/** A budget that answers with these waits, one after the other, and notes for how long it was closed. */
function budgetOf(waitsMs: number[]) {
  const blockedMs: number[] = [];
  const budget = new RequestBudget({
    store: {
      takeRequest: () => Promise.resolve(waitsMs.shift() ?? 0),
      blockRequests: (_account, ms) => Promise.resolve(void blockedMs.push(ms)),
    },
    account: 'a',
    limit: LIMIT,
    signal: new AbortController().signal,
    onFailure: () => undefined,
  });
  return { budget, blockedMs };
}

const answering =
  <T>(answer: ApiAnswer<T>) =>
  () =>
    Promise.resolve(answer);

test('a question is sent when the budget allows it', async () => {
  const { budget } = budgetOf([5, 5, 0]);
  expect(await budget.ask(answering({ kind: 'ok', value: 7 }))).toEqual({ kind: 'ok', value: 7 });
});

test('a question that would wait longer than its claim lasts is not sent', async () => {
  const { budget } = budgetOf([60_000]);
  const unasked = () => Promise.reject(new Error('it was sent'));
  expect(await budget.ask(unasked)).toEqual({ kind: 'not_asked', waitMs: 60_000 });
});

test.each([
  [{ kind: 'rate_limited', status: 429, retryAfterMs: 7_000 }, [7_000]],
  [{ kind: 'rate_limited', status: 429, retryAfterMs: undefined }, [30_000]],
  [{ kind: 'unauthorised', status: 401 }, [60_000]],
  [{ kind: 'unavailable', reason: 'HTTP 500' }, []],
  [{ kind: 'not_found' }, []],
] as const)('after %j all replicas are kept from asking for %j ms', async (answer, expected) => {
  const { budget, blockedMs } = budgetOf([]);
  expect(await budget.ask(answering(answer))).toEqual(answer);
  expect(blockedMs).toEqual(expected);
});
