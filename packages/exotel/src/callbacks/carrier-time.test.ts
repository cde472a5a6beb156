import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { formatCarrierTime, parseCarrierTime, parseUtcOffset } from './carrier-time.ts';

const IST = 330;

test.each([
  ['2026-01-25 16:45:25', '2026-01-25T11:15:25.000Z'],
  ['2026-01-01 00:00:00', '2025-12-31T18:30:00.000Z'],
  ['2026-01-25T16:45:25', '2026-01-25T11:15:25.000Z'],
  [' 2026-01-25 16:45:25.5 ', '2026-01-25T11:15:25.500Z'],
  ['Sun, 25 Jan 2026 16:45:25', '2026-01-25T11:15:25.000Z'],
  ['1 Feb 2026 16:45:25', '2026-02-01T11:15:25.000Z'],
  ['Sun, 01 FEB 2026 16:45:25', '2026-02-01T11:15:25.000Z'],
])('%s without a zone is in the given one', (text, moment) => {
  expect(parseCarrierTime(text, IST)).toBe(moment);
});

test.each([
  ['2026-01-25T11:15:25.120Z', '2026-01-25T11:15:25.120Z'],
  ['2026-01-25 16:45:25+05:30', '2026-01-25T11:15:25.000Z'],
  ['2026-01-25T16:45:25+0530', '2026-01-25T11:15:25.000Z'],
  ['2026-01-25T11:15:25.123456Z', '2026-01-25T11:15:25.123Z'],
  ['Sun, 25 Jan 2026 16:45:25 +0530', '2026-01-25T11:15:25.000Z'],
  ['Sun, 25 Jan 2026 11:15:25 GMT', '2026-01-25T11:15:25.000Z'],
])('%s has its own zone', (text, moment) => {
  expect(parseCarrierTime(text, 0)).toBe(moment);
});

test.each([
  undefined,
  '',
  'null',
  '0000-00-00 00:00:00',
  '1970-01-01 05:30:00',
  '2026-02-30 10:00:00',
  '2026-02-30T10:00:00Z',
  '2026-02-30 10:00:00+05:30',
  'Mon, 30 Feb 2026 10:00:00',
  '31 Apr 2026 10:00:00 +0530',
  'Mon, 25 Jan 2026 16:45:25',
  '2026-01-25 24:00:00',
  '2026-01-25T23:59:60Z',
  '2026-01-25 16:45:25+25:00',
  '25 Jenner 2026 16:45:25',
  '25/01/2026 16:45:25',
  '2026-13-01 10:00:00',
  '2026-01-25',
  '1769339725',
])('%s is not a time', (text) => {
  expect(parseCarrierTime(text, IST)).toBeUndefined();
});

test('a time that is written at an offset is read at it', () => {
  const moments = fc.integer({ min: Date.UTC(2000, 0, 2), max: Date.UTC(2099, 0, 1) });
  fc.assert(
    fc.property(moments, fc.integer({ min: -840, max: 840 }), (atMs, offset) => {
      const wholeSecondMs = atMs - (atMs % 1000);
      expect(parseCarrierTime(formatCarrierTime(atMs, offset), offset)).toBe(
        new Date(wholeSecondMs).toISOString(),
      );
    }),
  );
});

test('a date that does not exist is not read as another', () => {
  for (const text of [
    '2026-02-30 10:00:00',
    '2026-02-30T10:00:00Z',
    '30 Feb 2026 10:00:00',
    '31 Apr 2026 10:00:00',
  ])
    expect(parseCarrierTime(text, IST)).toBeUndefined();
});

test('never throws', () => {
  fc.assert(fc.property(fc.string(), fc.integer(), (text, offset) => void parseCarrierTime(text, offset)));
});

describe('an offset', () => {
  test.each([
    ['+05:30', 330],
    ['+08:00', 480],
    ['-03:30', -210],
    ['Z', 0],
    ['+5:30', undefined],
    ['IST', undefined],
    ['+05:60', undefined],
  ])('%s', (text, minutes) => {
    expect(parseUtcOffset(text)).toBe(minutes);
  });
});
