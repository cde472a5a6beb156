import { expect, test } from '@jest/globals';
import { splitBatches } from './split-batches.ts';

const limits = { maxItems: 3, maxWeight: 10, weightOf: (weight: number) => weight };

test('a batch ends at its number of items', () => {
  expect(splitBatches([1, 1, 1, 1], limits)).toEqual([[1, 1, 1], [1]]);
});

test('a batch ends before it grows too heavy', () => {
  expect(splitBatches([6, 4, 1], limits)).toEqual([[6, 4], [1]]);
});

test('an item heavier than a batch gets one of its own', () => {
  expect(splitBatches([1, 50, 1], limits)).toEqual([[1], [50], [1]]);
});

test('nothing makes no batch', () => {
  expect(splitBatches([], limits)).toEqual([]);
});
