import { expect, test } from '@jest/globals';
import { heldBytesOf } from './held-bytes.ts';

const heldBy = (text: string) => heldBytesOf({ text, bytes: Buffer.byteLength(text) });

test('a text is counted by the memory that it takes: a byte a character of ASCII, else two', () => {
  const around = heldBy('');
  expect(around).toBeGreaterThan(0);
  expect(heldBy('a'.repeat(1_000)) - around).toBe(1_000);
  expect(heldBy('अ'.repeat(1_000)) - around).toBe(2_000);
  // One letter is enough: V8 then keeps the whole text in two bytes a character.
  expect(heldBy(`${'a'.repeat(999)}अ`) - around).toBe(2_000);
});
