import { describe, expect, it } from '@jest/globals';
import { didYouMean } from './suggest.ts';

const NAMES = ['up', 'calls', 'call', 'monitor', 'dead-letters'];

describe('didYouMean', () => {
  it.each([
    ['clals', 'calls'],
    ['cal', 'call'],
    ['monitr', 'monitor'],
    ['dead-leters', 'dead-letters'],
    ['upp', 'up'],
  ])('finds what %s was meant to be', (given, name) => {
    expect(didYouMean(given, NAMES)).toBe(` Did you mean "${name}"?`);
  });

  it.each(['', 'x', 'erase', 'transcripts'])('suggests nothing for %j', (given) => {
    expect(didYouMean(given, NAMES)).toBe('');
  });

  it('writes the prefix of flags', () => {
    expect(didYouMean('lst', ['last', 'list', 'json'], '--')).toBe(' Did you mean "--last"?');
  });
});
