import { expect, test } from '@jest/globals';
import { namesNothing } from './names-nothing.ts';

test.each([
  '',
  'None',
  'undefined',
  ' undefined',
  'undefined   ',
  'null          ',
  '{{CallSid}}',
  '$CALL_SID_HERE',
  '%1%',
])('%j names nothing', (id) => {
  expect(namesNothing(id)).toBe(true);
});

test.each([
  '0',
  'undefined1',
  'undefineds',
  'nullnullnull',
  'a{{CallSid}}z',
  'c5797dcbaaeed7678c4062a4a3ed2f8a',
])('%j is an identifier', (id) => {
  expect(namesNothing(id)).toBe(false);
});
