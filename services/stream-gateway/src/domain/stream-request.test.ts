import { expect, test } from '@jest/globals';
import { readStreamRequest, validCallSid } from './stream-request.ts';

const numbersOf = (query: string) => {
  const { from, to } = readStreamRequest(`/exotel/stream?${query}`, 'voicebot');
  return { from, to };
};

test.each([
  ['From=%2B919800000001&To=%2B918040000001', '+919800000001', '+918040000001'],
  ['From=+919800000001&To=08040000001', '+919800000001', '08040000001'],
  ['CallFrom=09800000001&call_to=sip:bot@example.com', '09800000001', 'sip:bot@example.com'],
  ['from=null&CallFrom=09800000001&to=&CallTo=080-4000-0001', '09800000001', '080-4000-0001'],
  ['FROM=0980-000-0001&call-to=%2B918040000001', '0980-000-0001', '+918040000001'],
  ['from=newsletter&to=2', undefined, undefined],
  ['campaign=diwali', undefined, undefined],
])('the numbers of ?%s', (query, from, to) => {
  expect(numbersOf(query)).toEqual({ from, to });
});

test.each(['None', 'null', 'NaN', '', ' '])('%j is the id of no call', (id) => {
  expect(validCallSid(id)).toBeUndefined();
});
