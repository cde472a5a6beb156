import { expect, test } from '@jest/globals';
import { freePort } from './free-port.ts';

test('no port is given out twice, to whoever asks at the same time', async () => {
  // No test has a server in this range that is to come back to its port.
  const range = { first: 32_000, last: 32_700 };
  // Of so many at random, some would be the same nearly always.
  const ports = await Promise.all(Array.from({ length: 200 }, () => freePort(range)));
  expect(new Set(ports).size).toBe(ports.length);
});
