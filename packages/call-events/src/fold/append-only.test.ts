import { expect, test } from '@jest/globals';
import { AppendOnlyList, AppendOnlySet } from './append-only.ts';

test('a list keeps what it held when a longer one was made of it', () => {
  const one = AppendOnlyList.empty<string>().push('a');
  const two = one.push('b');
  expect([one.toArray(), two.toArray()]).toEqual([['a'], ['a', 'b']]);
});

test('two lists made of the same one do not see each other', () => {
  const one = AppendOnlyList.empty<string>().push('a');
  const left = one.push('left');
  const right = one.push('right');
  expect([one.toArray(), left.toArray(), right.toArray()]).toEqual([['a'], ['a', 'left'], ['a', 'right']]);
});

test('a list gives the items from an index on', () => {
  expect([...AppendOnlyList.empty<number>().push(1).push(2).push(3).from(1)]).toEqual([2, 3]);
});

test('a set does not see a member that was added to a later one', () => {
  const one = AppendOnlySet.empty().add('a');
  const two = one.add('b');
  expect([one.has('b'), two.has('b'), two.has('a'), one.size]).toEqual([false, true, true, 1]);
});

test('two sets made of the same one do not see each other', () => {
  const one = AppendOnlySet.empty().add('a');
  const left = one.add('left');
  const right = one.add('right');
  expect([left.has('right'), right.has('left'), right.has('a'), right.has('right')]).toEqual([
    false,
    false,
    true,
    true,
  ]);
});

test('adding a member again gives the same set', () => {
  const one = AppendOnlySet.empty().add('a');
  expect(one.add('a')).toBe(one);
});
