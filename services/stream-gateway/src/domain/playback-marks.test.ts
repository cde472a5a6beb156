import { expect, test } from '@jest/globals';
import { PlaybackMarks } from './playback-marks.ts';

function marksSent(...names: string[]): PlaybackMarks {
  const marks = new PlaybackMarks();
  for (const name of names) marks.sent(name);
  return marks;
}

test('a mark that comes back proves that its audio was played', () => {
  const marks = marksSent('a', 'b');
  expect([marks.returned('a'), marks.returned('b')]).toEqual([true, true]);
  expect(marks.cleared()).toEqual([]);
});

test('a clear records the marks that had not come back, and their later return proves nothing', () => {
  const marks = marksSent('a', 'b', 'c');
  marks.returned('a');
  expect(marks.cleared()).toEqual(['b', 'c']);
  marks.sent('d');
  expect([marks.returned('b'), marks.returned('d')]).toEqual([false, true]);
  expect(marks.cleared()).toEqual([]);
});

test('a mark behind dropped audio proves nothing, the one after it does', () => {
  const marks = new PlaybackMarks();
  marks.audioDropped();
  marks.sent('a');
  marks.sent('b');
  expect([marks.returned('a'), marks.returned('b')]).toEqual([false, true]);
});

test('audio that was dropped before a clear does not count against later audio', () => {
  const marks = new PlaybackMarks();
  marks.audioDropped();
  marks.cleared();
  marks.sent('a');
  expect(marks.returned('a')).toBe(true);
});

test('a mark that was never sent, or has come back before, proves nothing', () => {
  const marks = marksSent('a');
  expect([marks.returned('x'), marks.returned('a'), marks.returned('a')]).toEqual([false, true, false]);
});

test('of very many marks the oldest are dropped, and prove nothing', () => {
  const marks = marksSent(...Array.from({ length: 600 }, (_, index) => `m${index}`));
  expect(marks.cleared()).toHaveLength(512);
  expect(marksSent('x'.repeat(129)).cleared()).toEqual([]);
});
