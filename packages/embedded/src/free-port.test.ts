import { expect, test } from '@jest/globals';
import { freePort } from './free-port.ts';

test('no port is given out twice, to whoever asks at the same time', async () => {
  // Of so many at random, some would be the same nearly always.
  const ports = await Promise.all(Array.from({ length: 600 }, () => freePort()));
  expect(new Set(ports).size).toBe(ports.length);
});
