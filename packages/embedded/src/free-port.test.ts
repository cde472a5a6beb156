import { expect, test } from '@jest/globals';
import { freePort } from './free-port.ts';

test('no port is returned twice to concurrent callers', async () => {
  // No server of a test restarts on a port of this range.
  const range = { first: 32_000, last: 32_700 };
  // Of this many at random, some would nearly always be the same.
  const ports = await Promise.all(Array.from({ length: 200 }, () => freePort(range)));
  expect(new Set(ports).size).toBe(ports.length);
});
