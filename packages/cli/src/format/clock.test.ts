import { describe, expect, it } from '@jest/globals';
import { clockFlags, clockOf, formatDuration, wallClock } from './clock.ts';

describe('wallClock', () => {
  it.each([
    ['UTC', '2026-01-25 11:15:00'],
    ['Asia/Kolkata', '2026-01-25 16:45:00'],
    ['America/New_York', '2026-01-25 06:15:00'],
  ])('shows the time of %s', (zone, shown) => {
    expect(wallClock(zone).dateTime('2026-01-25T11:15:00.000Z')).toBe(shown);
  });

  it('writes midnight as 00', () => {
    expect(wallClock('UTC').time(new Date('2026-01-25T00:00:01Z'))).toBe('00:00:01');
  });

  it('prefers UTC if both are given', () => {
    expect(clockOf({ tz: 'Asia/Kolkata', utc: true }).time('2026-01-25T11:15:00.000Z')).toBe('11:15:00');
  });

  it('refuses an unknown zone', () => {
    const parsed = clockFlags.tz.schema.safeParse('Mars/Olympus');
    expect(parsed.error?.issues[0]?.message).toBe(
      'expected a time zone such as Asia/Kolkata, got "Mars/Olympus"',
    );
  });
});

describe('formatDuration', () => {
  it.each([
    [null, '-'],
    [0, '0s'],
    [45, '45s'],
    [125.4, '2m 05s'],
    [3725, '1h 02m 05s'],
  ])('writes %p as %s', (seconds, shown) => {
    expect(formatDuration(seconds)).toBe(shown);
  });
});
