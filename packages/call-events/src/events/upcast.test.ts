import { expect, test } from '@jest/globals';
import { upcast, versionOf, type Upcaster } from './upcast.ts';

const steps: Record<number, Upcaster> = {
  1: ({ who, ...rest }) => ({ ...rest, speaker: who }),
  2: ({ speaker, ...rest }) => ({ ...rest, data: { speaker } }),
};

test('an event goes through every step from its version on, and says of which version it is now', () => {
  expect(upcast({ v: 1, id: 'a', who: 'user' }, { to: 3, steps })).toEqual({
    v: 3,
    id: 'a',
    data: { speaker: 'user' },
  });
  expect(upcast({ v: 2, id: 'b', speaker: 'ai' }, { to: 3, steps })).toEqual({
    v: 3,
    id: 'b',
    data: { speaker: 'ai' },
  });
});

test('what is of this version, of a newer one, or of none is left alone', () => {
  for (const json of [{ v: 3 }, { v: 4 }, { v: '1' }, { v: 1.5 }, {}, null, 'text', 1]) {
    expect(upcast(json, { to: 3, steps })).toBe(json);
  }
});

test('a version to which no step leads on stays what it is', () => {
  expect(upcast({ v: 0, id: 'a' }, { to: 3, steps })).toEqual({ v: 0, id: 'a' });
});

test.each([
  [{ v: 2 }, 2],
  [{ v: '2' }, undefined],
  [null, undefined],
])('the version of %j is %p', (json, version) => {
  expect(versionOf(json)).toBe(version);
});
