import { setImmediate as nextTurn } from 'node:timers/promises';
import { expect, test } from '@jest/globals';
import { collectGarbage } from './collect-garbage.ts';

test('memory that is no longer used is given back', async () => {
  const used = { bytes: new Uint8Array(1_000) };
  const references = [new WeakRef(used), unused()];
  await nextTurn();
  collectGarbage();
  expect(references.map((reference) => reference.deref() !== undefined)).toEqual([true, false]);
  expect(used.bytes).toHaveLength(1_000);
});

function unused(): WeakRef<object> {
  return new WeakRef({ bytes: new Uint8Array(1_000) });
}
