import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { decodeEvent, decodeEvents, encodeEvent } from './codec.ts';
import { createEvent } from './create-event.ts';
import { ExactNumber } from '../numbers/exact-number.ts';
import { toStorableText } from '../text/storable.ts';

const origin = {
  call: { tenant: 'default', callSid: 'CA1' },
  source: 'gateway-1',
  sourceSeq: 1,
  atMs: Date.UTC(2026, 0, 25, 11, 15, 25, 120),
};

test('an event comes back as it was written', () => {
  const event = createEvent('turn.completed', { speaker: 'user', text: 'Around 50 lakhs' }, origin);
  expect(decodeEvent(encodeEvent(event))).toEqual({ ok: true, event });
});

test('any Unicode text comes back as it was written', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (raw) => {
      const text = toStorableText(raw);
      const event = createEvent('turn.completed', { speaker: 'ai', text }, origin);
      expect(decodeEvent(encodeEvent(event))).toEqual({ ok: true, event });
    }),
  );
});

test('nothing that it is handed makes the codec throw', () => {
  fc.assert(
    fc.property(fc.oneof(fc.anything(), fc.string(), fc.json()), (anything) => {
      expect(typeof decodeEvent(anything).ok).toBe('boolean');
    }),
    { numRuns: 1_000 },
  );
});

test('many texts are read at once as they are one by one, or not at all', () => {
  const event = createEvent('turn.completed', { speaker: 'ai', text: 'a,\nb' }, origin);
  const text = fc.oneof(
    {
      weight: 9,
      arbitrary: fc.constantFrom(encodeEvent(event), JSON.stringify({ ...event, type: 'new.kind' })),
    },
    { weight: 1, arbitrary: fc.constantFrom('', '1', '{', '{}', '{"v":1', 'null', '[]') },
  );
  fc.assert(
    fc.property(fc.array(text), (texts) => {
      const decoded = texts.map(decodeEvent);
      const events = decoded.flatMap((each) => (each.ok ? [each.event] : []));
      const expected = events.length === texts.length ? events : undefined;
      expect(decodeEvents(texts.join(',\n'), texts.length)).toEqual(expected);
    }),
  );
});

describe('a text that is no event is answered with what is wrong', () => {
  const event = createEvent('turn.completed', { speaker: 'user', text: 'yes' }, origin);
  test.each([
    ['not JSON', '{"v":1', 'not_json'],
    ['not a text', Buffer.from('{}'), 'not_json'],
    ['no envelope', '{}', 'not_an_envelope'],
    ['an envelope of a newer version', JSON.stringify({ ...event, v: 2 }), 'newer_version'],
    ['an envelope of a version that never was', JSON.stringify({ ...event, v: 0 }), 'not_an_envelope'],
    [
      'a moment that does not exist',
      JSON.stringify({ ...event, at: '2026-13-01T00:00:00.000Z' }),
      'not_an_envelope',
    ],
    ['30 February', JSON.stringify({ ...event, at: '2026-02-30T00:00:00.000Z' }), 'not_an_envelope'],
    ['hour 24', JSON.stringify({ ...event, at: '2026-02-01T24:00:00.000Z' }), 'not_an_envelope'],
    ['year 0', JSON.stringify({ ...event, at: '0000-02-01T00:00:00.000Z' }), 'not_an_envelope'],
    ['data of another type', JSON.stringify({ ...event, data: { stage: 'closing' } }), 'invalid_data'],
  ])('%s', (_, text, code) => {
    expect(decodeEvent(text)).toMatchObject({ ok: false, problem: { code } });
  });

  test('and never with a value out of it', () => {
    const text = JSON.stringify({ ...event, data: { speaker: 'secret-speaker', text: 42 } });
    expect(JSON.stringify(decodeEvent(text))).not.toContain('secret');
  });
});

test('an event of a type that only a newer version knows is kept as unknown', () => {
  const text = JSON.stringify({
    ...createEvent('mark.played', { name: 'm' }, origin),
    type: 'sentiment.scored',
  });
  expect(decodeEvent(text)).toMatchObject({
    ok: true,
    event: { type: 'unknown', unknownType: 'sentiment.scored' },
  });
});

test('a field that only a newer version knows does no harm', () => {
  const event = createEvent('mark.played', { name: 'm' }, origin);
  const text = JSON.stringify({ ...event, data: { ...event.data, novel: 1 } });
  expect(decodeEvent(text)).toEqual({ ok: true, event });
});

test('a collected fact of any name is read back, one that is called __proto__ too', () => {
  const text = JSON.stringify(
    createEvent(
      'data.collected',
      { fields: {} },
      { call: { tenant: 'acme', callSid: 'CA1' }, source: 's', atMs: 0 },
    ),
  ).replace('"fields":{}', '"fields":{"__proto__":"a","constructor":"b"}');
  const decoded = decodeEvent(text);
  expect(decoded.ok && JSON.stringify(decoded.event)).toBe(text);
});

describe('a number that a JavaScript number does not hold', () => {
  const fields = {
    account: new ExactNumber('750727362669608961'),
    limit: new ExactNumber('1e400'),
    small: 7,
  };
  const event = createEvent('data.collected', { fields }, origin);
  const other = createEvent('data.collected', { fields: { account: 1 } }, origin);

  test('is in the text of the event with its digits', () => {
    expect(encodeEvent(event)).toContain('"account":750727362669608961,"limit":1e400,"small":7');
  });

  test('is read back as it was written, alone and among other events', () => {
    expect(decodeEvent(encodeEvent(event))).toEqual({ ok: true, event });
    expect(decodeEvents([other, event, other].map(encodeEvent).join(',\n'), 3)).toEqual([
      other,
      event,
      other,
    ]);
  });

  test('costs events without one nothing: they say nothing of it', () => {
    expect(encodeEvent(other)).toBe(JSON.stringify(other));
  });

  test('is no place in a source and no confidence', () => {
    const text = encodeEvent(
      createEvent('turn.completed', { speaker: 'ai', text: 'x', confidence: 0.5 }, origin),
    );
    const marked = text.replace('{', '{"exactNumbers":true,').replace('0.5', '0.50000000000000001');
    expect(decodeEvent(marked)).toMatchObject({ ok: false, problem: { code: 'invalid_data' } });
  });
});
