import { expect, test } from '@jest/globals';
import { bytesOfDuration, durationMs } from './duration.ts';

test.each([
  [1600, 8000, 100],
  [3200, 8000, 200],
  [3200, 16000, 100],
  [4800, 24000, 100],
  [321, 8000, 20],
  [0, 8000, 0],
])('%i bytes at %i Hz last %i ms', (bytes, sampleRate, ms) => {
  expect(durationMs(bytes, sampleRate)).toBe(ms);
});

test('a duration is a whole number of samples', () => {
  expect(bytesOfDuration(100, 8000)).toBe(1600);
  expect(bytesOfDuration(0.1, 8000) % 2).toBe(0);
});
