import { expect, test } from '@jest/globals';
import { watchPartitions } from './partition-watch.ts';

const KEY = 'tl:{p03}:persist';
const WRONG_TYPE = new Error('WRONGTYPE Operation against a key holding the wrong kind of value');

function watch() {
  const lines: string[] = [];
  const write = (fields: object, message: string) => void lines.push(JSON.stringify({ ...fields, message }));
  const clock = { nowMs: 0 };
  return { ...watchPartitions({ error: write, info: write }, () => clock.nowMs), clock, lines };
}

test('a broken key is logged with its name and cause, at once and then once a minute, and when it is repaired', () => {
  const { broken, clock, lines } = watch();
  for (const nowMs of [0, 5_000, 59_999, 60_000, 65_000]) {
    clock.nowMs = nowMs;
    broken.note(KEY, WRONG_TYPE);
  }
  expect(lines).toHaveLength(2);
  for (const line of lines) expect(line).toContain(`${KEY}: ${WRONG_TYPE.message}`);
  broken.clear(KEY);
  broken.clear(KEY);
  expect(lines).toHaveLength(3);
  expect(lines[2]).toContain('can be read again');
});

test('a service is not ready once a key has been broken for a while, and is ready when it is repaired', async () => {
  const { broken, check, clock } = watch();
  broken.note(KEY, WRONG_TYPE);
  clock.nowMs = 14_999;
  expect(await check()).toEqual({ ok: true });
  clock.nowMs = 15_000;
  broken.note('tl:{p04}:persist', WRONG_TYPE);
  expect(await check()).toEqual({ ok: false, reason: `${KEY}: ${WRONG_TYPE.message}` });
  broken.clear(KEY);
  expect(await check()).toEqual({ ok: true });
});
