import { expect, test } from '@jest/globals';
import { type ApiAnswer } from '@turnlog/exotel';
import { createAskCarrier } from './ask-carrier.ts';

const LIMIT = { perMinute: 60, burst: 1 };

/** A budget that answers with these waits, one after the other, and notes for how long it was closed. */
function askWith(waitsMs: number[]) {
  const blockedMs: number[] = [];
  const ask = createAskCarrier({
    store: {
      takeRequest: () => Promise.resolve(waitsMs.shift() ?? 0),
      blockRequests: (_account, ms) => Promise.resolve(void blockedMs.push(ms)),
    },
    account: 'a',
    limit: LIMIT,
    signal: new AbortController().signal,
    onFailure: () => undefined,
  });
  return { ask, blockedMs };
}

const answering =
  <T>(answer: ApiAnswer<T>) =>
  () =>
    Promise.resolve(answer);

test('a question is put when the budget has waited for it', async () => {
  const { ask } = askWith([5, 5, 0]);
  expect(await ask(answering({ kind: 'ok', value: 7 }))).toEqual({ kind: 'ok', value: 7 });
});

test('a question that would wait longer than its claim lasts is not put', async () => {
  const { ask } = askWith([60_000]);
  const unasked = () => Promise.reject(new Error('it was put'));
  expect(await ask(unasked)).toEqual({ kind: 'not_asked', waitMs: 60_000 });
});

test.each([
  [{ kind: 'rate_limited', status: 429, retryAfterMs: 7_000 }, [7_000]],
  [{ kind: 'rate_limited', status: 429, retryAfterMs: undefined }, [30_000]],
  [{ kind: 'unauthorised', status: 401 }, [60_000]],
  [{ kind: 'unavailable', reason: 'HTTP 500' }, []],
  [{ kind: 'not_found' }, []],
] as const)('after %j everybody is kept from asking for %j ms', async (answer, expected) => {
  const { ask, blockedMs } = askWith([]);
  expect(await ask(answering(answer))).toEqual(answer);
  expect(blockedMs).toEqual(expected);
});
