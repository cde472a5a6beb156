import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { readCallParameters } from './call-parameters.ts';
import { cutText } from './cut-text.ts';
import { parseExotelFrame } from './parse-exotel-frame.ts';

test('a cut text is a prefix of limited length, and never ends within a character', () => {
  const text = fc.string({ unit: fc.constantFrom('a', 'é', '😀', '\u{1F468}\u200D\u{1F469}') });
  fc.assert(
    fc.property(text, fc.integer({ min: 1, max: 40 }), (whole, maxLength) => {
      const cut = cutText(whole, maxLength);
      expect(whole.startsWith(cut)).toBe(true);
      expect(cut.isWellFormed()).toBe(true);
      expect(cut.length).toBeGreaterThanOrEqual(Math.min(whole.length, maxLength - 1));
      expect(cut.length).toBeLessThanOrEqual(maxLength);
    }),
  );
});

test('a parameter is not cut within an emoji, in the URL or in the start', () => {
  const note = `${'x'.repeat(1_023)}😀`;
  expect(readCallParameters({ url: `/media?note=${encodeURIComponent(note)}` })).toEqual({
    note: 'x'.repeat(1_023),
  });
  const start = { call_sid: 'CA1', custom_parameters: { note } };
  expect(parseExotelFrame(JSON.stringify({ event: 'start', start }))).toMatchObject({
    customParameters: { note: 'x'.repeat(1_023) },
  });
});
