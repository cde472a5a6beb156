import { expect, test } from '@jest/globals';
import { FrameQueue, type RawFrame } from './frame-queue.ts';

const frame = (role: RawFrame['role'], fill: number): RawFrame => ({
  data: Buffer.alloc(10, fill),
  isBinary: false,
  role,
});

test('the oldest audio is dropped first, and nothing else is', () => {
  const queue = new FrameQueue(40);
  const start = frame('opening', 1);
  const key = frame('other', 2);
  expect(queue.push(start)).toBe(0);
  expect(queue.push(frame('media', 3))).toBe(0);
  expect(queue.push(key)).toBe(0);
  expect(queue.push(frame('media', 4))).toBe(0);
  expect(queue.push(frame('media', 5))).toBe(1);
  expect(queue.takeAll().map(({ data }) => data[0])).toEqual([1, 2, 4, 5]);
  expect(queue.takeAll()).toEqual([]);
});

test('a frame that is not audio is never dropped, and its bytes are counted', () => {
  const queue = new FrameQueue(25);
  expect([1, 2, 3, 4].map((fill) => queue.push(frame('other', fill)))).toEqual([0, 0, 0, 0]);
  expect(queue.push(frame('media', 5))).toBe(1);
  expect(queue.bytes).toBe(40);
  expect(queue.takeAll()).toHaveLength(4);
  expect(queue.bytes).toBe(0);
});
