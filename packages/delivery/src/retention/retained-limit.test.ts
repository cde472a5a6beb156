import { expect, test } from '@jest/globals';
import { maxTotalRetainedBytes } from './retained-limit.ts';

const MIB = 1024 * 1024;

test('what is kept of all calls has room in the heap, or the log says that it may not', () => {
  const warnings: string[] = [];
  const logger = { warn: (_: object, text?: string) => void warnings.push(text ?? '') };
  expect(maxTotalRetainedBytes(undefined, logger, 4_096 * MIB)).toBe(512 * MIB);
  expect(maxTotalRetainedBytes(undefined, logger, 256 * MIB)).toBe(64 * MIB);
  expect(maxTotalRetainedBytes(100 * MIB, logger, 256 * MIB)).toBe(100 * MIB);
  expect(warnings).toEqual([]);
  expect(maxTotalRetainedBytes(200 * MIB, logger, 256 * MIB)).toBe(200 * MIB);
  expect(warnings).toEqual([expect.stringContaining('more than half of the heap')]);
});
