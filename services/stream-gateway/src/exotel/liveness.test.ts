import { expect, test } from '@jest/globals';
import { Liveness } from './liveness.ts';

const limits = { idleTimeoutMs: 1000, pingEveryMs: 400 };

test('a peer that is silent for too long is idle', () => {
  const liveness = new Liveness({ ...limits, pingEveryMs: 5000 }, 0);
  liveness.onFrame();
  expect(liveness.check(500)).toBe('alive');
  expect(liveness.check(1499)).toBe('alive');
  expect(liveness.check(1500)).toBe('idle');
});

test('a ping without an answer before the next one means that the peer is gone', () => {
  const liveness = new Liveness(limits, 0);
  expect(liveness.check(399)).toBe('alive');
  expect(liveness.check(400)).toBe('ping');
  expect(liveness.check(799)).toBe('alive');
  expect(liveness.check(800)).toBe('half_open');
});

test('a pong, or any frame, answers a ping', () => {
  for (const answer of ['onPong', 'onFrame'] as const) {
    const liveness = new Liveness(limits, 0);
    expect(liveness.check(400)).toBe('ping');
    liveness[answer]();
    expect(liveness.check(800)).toBe('ping');
  }
});
