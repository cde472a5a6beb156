import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { createEvent } from './create-event.ts';
import { envelope, isMoment, moment } from './envelope.ts';
import { isEnvelope } from './is-envelope.ts';

const origin = {
  call: { tenant: 'default', callSid: 'CA1' },
  source: 'gateway-1',
  sourceSeq: 1,
  atMs: Date.UTC(2026, 0, 25, 11, 15, 25, 120),
  original: 'AAA=',
};
const event = createEvent('turn.completed', { speaker: 'user', text: 'yes' }, origin);

/** Sound values, values at and over the limits, and values of other kinds. */
const oddValues = fc.oneof(
  fc.constantFrom<unknown>(
    '',
    'a',
    'A b',
    'CA\u0000',
    'x'.repeat(64),
    'x'.repeat(65),
    'x'.repeat(128),
    'x'.repeat(129),
    'x'.repeat(200),
    'x'.repeat(201),
    '2026-01-25T11:15:25.120Z',
    '2026-02-30T11:15:25.120Z',
    '2024-02-29T11:15:25.120Z',
    0,
    1,
    2,
    1.5,
    -1,
    2 ** 53,
    null,
    true,
  ),
  fc.string({ unit: 'binary', maxLength: 5 }),
  fc.jsonValue(),
);

test('an event as it is written is known without asking the schema', () => {
  expect(isEnvelope(JSON.parse(JSON.stringify(event)))).toBe(true);
});

test('whatever is accepted, the schema accepts unchanged', () => {
  const keys = fc.constantFrom(...Object.keys(envelope.shape), 'surplus', '__proto__');
  const changes = fc.array(fc.tuple(keys, fc.option(oddValues, { nil: undefined })), { maxLength: 3 });
  fc.assert(
    fc.property(changes, (changed) => {
      const entries = new Map<string, unknown>([...Object.entries(event), ...changed]);
      const json: unknown = JSON.parse(JSON.stringify(Object.fromEntries(entries)));
      if (!isEnvelope(json)) return;
      expect(envelope.safeParse(json)).toEqual({ success: true, data: json });
    }),
    { numRuns: 5_000 },
  );
});

test('a moment is what the schema calls one', () => {
  const digits = (min: number, max: number) =>
    fc.integer({ min, max }).map((n) => String(n).padStart(2, '0'));
  const parts = fc.tuple(
    fc.constantFrom('2024', '2026', '0000', '1900'),
    digits(0, 13),
    digits(0, 32),
    digits(0, 25),
    digits(0, 60),
    digits(0, 60),
  );
  fc.assert(
    fc.property(parts, ([year, month, day, hour, minute, second]) => {
      const text = `${year}-${month}-${day}T${hour}:${minute}:${second}.000Z`;
      const date = new Date(text);
      const isReal = year !== '0000' && !Number.isNaN(date.getTime()) && date.toISOString() === text;
      expect([isMoment(text), moment.safeParse(text).success]).toEqual([isReal, isReal]);
    }),
    { numRuns: 5_000 },
  );
});
