import { expect, test } from '@jest/globals';
import { tasksOf, type PersistEntry } from './call-task.ts';

const call = { tenant: 'default', callSid: 'CA1' };
const other = { tenant: 'default', callSid: 'CA2' };

function entry(id: string, seq: number, reason = 'closed', of = call): PersistEntry {
  return { id, seq, reason, call: of };
}

test('entries of one call are one task: the highest seq, every entry, the first time it was asked for', () => {
  const tasks = tasksOf([entry('2000-0', 9), entry('1000-0', 5), entry('3000-1', 7)]);

  expect(tasks).toEqual([
    expect.objectContaining({ seq: 9, entryIds: ['2000-0', '1000-0', '3000-1'], askedAtMs: 1000 }),
  ]);
});

test('each call has a task of its own, in the order in which they came', () => {
  const tasks = tasksOf([
    entry('1-0', 1, 'closed', other),
    entry('2-0', 1),
    entry('3-0', 2, 'closed', other),
  ]);

  expect(tasks.map(({ call: { callSid } }) => callSid)).toEqual(['CA2', 'CA1']);
});

test('the same sid of two tenants is two calls', () => {
  expect(tasksOf([entry('1-0', 1), entry('2-0', 1, 'closed', { ...call, tenant: 'acme' })])).toHaveLength(2);
});

test('a task is a checkpoint only when nothing else was asked for', () => {
  expect(tasksOf([entry('1-0', 1, 'checkpoint')])[0]?.isCheckpoint).toBe(true);
  expect(tasksOf([entry('1-0', 1, 'checkpoint'), entry('2-0', 2)])[0]?.isCheckpoint).toBe(false);
});

test('one replay among the entries makes it a replay', () => {
  expect(tasksOf([entry('1-0', 1), entry('2-0', 2, 'replay')])[0]?.isReplay).toBe(true);
});
