import { expect, test } from '@jest/globals';
import { KNOWN_EVENTS, KNOWN_STOP_REASONS, loggableWord } from './loggable-word.ts';

test.each([
  ['callended', KNOWN_STOP_REASONS, 'callended'],
  ['stopped', KNOWN_STOP_REASONS, 'stopped'],
  ['Ramesh', KNOWN_STOP_REASONS, 'other:6'],
  ['silence', KNOWN_EVENTS, 'silence'],
  ['constructor', KNOWN_EVENTS, 'other:11'],
  ['', KNOWN_EVENTS, 'other:0'],
])('%s is logged as a word that is known, or as its length', (word, known, shown) => {
  expect(loggableWord(word, known)).toBe(shown);
});
