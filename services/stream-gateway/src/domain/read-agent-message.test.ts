import { describe, expect, test } from '@jest/globals';
import { decodeEvent, encodeEvent, placeEvent } from '@turnlog/call-events';
import fc from 'fast-check';
import { readAgentMessage } from './read-agent-message.ts';

const NOW = Date.UTC(2026, 0, 25, 11, 15, 25, 120);
const read = (json: unknown) =>
  readAgentMessage(json, { nowMs: NOW, rawBase64: () => 'raw', redaction: 'none' });

function draftOf(json: unknown) {
  const message = read(json);
  if (!message.ok) throw new Error(message.error.message);
  return message.draft;
}

function errorOf(json: unknown) {
  const message = read(json);
  if (message.ok) throw new Error('the message was taken');
  return message.error;
}

test.each([
  [
    { event: 'turn', id: 't1', turn: { speaker: 'user', text: 'hi', timestamp: '2026-01-25T11:15:00.000Z' } },
    { type: 'turn.completed', data: { speaker: 'user', text: 'hi' }, atMs: Date.UTC(2026, 0, 25, 11, 15) },
  ],
  [
    { event: 'collect', data: { budget: 5_000_000, place: null } },
    { type: 'data.collected', data: { fields: { budget: 5_000_000, place: null } }, atMs: NOW },
  ],
  [
    { event: 'stage', stage: 'discovery' },
    { type: 'stage.changed', data: { stage: 'discovery' }, atMs: NOW },
  ],
  [
    { event: 'objection', text: 'too far', category: 'location' },
    { type: 'objection.raised', data: { text: 'too far', category: 'location' }, atMs: NOW },
  ],
  [
    { event: 'outcome', outcome: 'qualified', reason: null },
    { type: 'outcome.decided', data: { outcome: 'qualified' }, atMs: NOW },
  ],
  [
    { event: 'tool', name: 'lookup', arguments: {}, result: { n: 1 }, duration_ms: 12 },
    {
      type: 'tool.called',
      data: { name: 'lookup', arguments: {}, result: { n: 1 }, durationMs: 12 },
      atMs: NOW,
    },
  ],
  [
    { event: 'speaking', speaking: true, speaker: 'bot' },
    { type: 'speaking.changed', data: { speaking: true, speaker: 'ai' }, atMs: NOW },
  ],
  [
    { event: 'Stage', stage: 'x', timestamp: NOW + 1 },
    { type: 'stage.changed', data: { stage: 'x' }, atMs: NOW + 1 },
  ],
])('%j becomes its event', (json, draft) => {
  expect(draftOf(json)).toEqual(draft);
});

test('a turn may have every field, in either spelling', () => {
  const rest = {
    interrupted: true,
    confidence: 0.9,
    language: 'hi',
    words: [{ text: 'hi', startMs: 1, endMs: null }],
  };
  const snake = { speaker: 'ai', text: 'x', started_at: NOW, ended_at: NOW + 500, heard_text: 'h', ...rest };
  const camel = { speaker: 'ai', text: 'x', startedAt: NOW, endedAt: NOW + 500, heardText: 'h', ...rest };
  const short = { speaker: 'ai', text: 'x', start: NOW, end: String(NOW + 500), heardText: 'h', ...rest };
  for (const turn of [snake, camel, short]) {
    expect(draftOf({ event: 'turn', turn }).data).toEqual({
      speaker: 'ai',
      text: 'x',
      startedAt: '2026-01-25T11:15:25.120Z',
      endedAt: '2026-01-25T11:15:25.620Z',
      interrupted: true,
      heardText: 'h',
      confidence: 0.9,
      words: [{ text: 'hi', startMs: 1 }],
      language: 'hi',
    });
  }
});

test.each([
  ['user', 'user'],
  ['Caller', 'user'],
  ['human', 'user'],
  ['customer', 'user'],
  ['assistant', 'ai'],
  ['BOT', 'ai'],
  ['agent', 'agent'],
  ['system', 'system'],
])('the speaker %s is %s', (word, speaker) => {
  expect(draftOf({ event: 'turn', turn: { speaker: word, text: '' } }).data).toMatchObject({ speaker });
});

test.each([
  ['2026-01-25T11:15:25.120Z', NOW],
  ['2026-01-25T16:45:25.120+05:30', NOW],
  ['2026-01-25 11:15:25.120Z', NOW],
  ['2026-01-25T16:45:25.120+0530', NOW],
  ['2026-01-25T11:15:25.120999+00:00', NOW],
  [NOW, NOW],
  [String(NOW), NOW],
])('the time %j is read', (timestamp, atMs) => {
  expect(draftOf({ event: 'stage', stage: 's', timestamp }).atMs).toBe(atMs);
});

describe('a time that does not exist or is ambiguous is refused', () => {
  test.each([
    '2026-02-30T10:00:00Z',
    '2026-02-29T10:00:00Z',
    '2100-02-28T10:00:00Z',
    '2026-04-31T10:00:00Z',
    '2026-06-31T10:00:00+05:30',
    '2026-01-00T10:00:00Z',
    '2026-13-01T10:00:00Z',
    '2026-01-25T24:00:00Z',
    '2026-01-25T25:00:00Z',
    '2026-01-25T10:60:00Z',
    '2026-12-31T23:59:60Z',
    '2026-01-25T10:00:00+24:00',
    '2026-01-25T10:00:00',
    '2026-01-25 10:00:00.120',
    '2026-01-25',
    '20260125T100000Z',
    1_769_339_725,
    1e300,
    -1,
  ])('%j', (time) => {
    const texts = [
      { event: 'stage', stage: 's', timestamp: time },
      { event: 'turn', turn: { speaker: 'user', text: 'x', timestamp: time } },
      { event: 'turn', turn: { speaker: 'user', text: 'x', startedAt: time } },
      { event: 'turn', turn: { speaker: 'user', text: 'x', ended_at: time } },
    ];
    for (const json of texts)
      expect(errorOf(json).message).toContain('expected a time between 2000 and 2100 that exists');
  });

  test.each([
    '2024-02-29T10:00:00Z',
    '2000-02-29T10:00:00Z',
    '2096-02-29T10:00:00Z',
    '2026-12-31T23:59:59.999Z',
  ])('but not %s', (time) => {
    const { atMs } = draftOf({ event: 'stage', stage: 's', timestamp: time });
    expect(new Date(atMs).toISOString()).toBe(time.replace('00Z', '00.000Z'));
  });

  test('every day of the calendar is accepted, and no other', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 2000, max: 2099 }),
        fc.integer({ min: 1, max: 12 }),
        fc.integer({ min: 1, max: 31 }),
        (year, month, day) => {
          const two = (n: number) => String(n).padStart(2, '0');
          const exists = new Date(Date.UTC(year, month - 1, day)).getUTCDate() === day;
          const timestamp = `${year}-${two(month)}-${two(day)}T00:00:00Z`;
          expect(read({ event: 'stage', stage: 's', timestamp }).ok).toBe(exists);
        },
      ),
      { numRuns: 2_000 },
    );
  });
});

describe('an error names the field and what to do', () => {
  test.each([
    [7, 'not_an_object', 'a message is a JSON object'],
    [[], 'not_an_object', 'a message is a JSON object'],
    [{}, 'unknown_event', 'event: expected one of turn, collect'],
    [{ event: 'media' }, 'unknown_event', 'event: expected one of turn, collect'],
    [{ event: 'turn' }, 'invalid_message', 'turn:'],
    [
      { event: 'turn', turn: { speaker: 'robot', text: 'x' } },
      'invalid_message',
      'turn.speaker: expected user, ai',
    ],
    [{ event: 'turn', turn: { text: 'x' } }, 'invalid_message', 'turn.speaker: expected user, ai'],
    [{ event: 'turn', turn: { speaker: 'ai' } }, 'invalid_message', 'turn.text: expected text'],
    [{ event: 'stage', stage: '' }, 'invalid_message', 'stage: expected more than nothing'],
    [{ event: 'collect', data: [1] }, 'invalid_message', 'data'],
    [{ event: 'speaking', speaking: 'yes' }, 'invalid_message', 'speaking'],
    [{ event: 'stage', stage: 's', id: 'x'.repeat(129) }, 'invalid_message', 'id: '],
    [
      { event: 'stage', stage: 's', timestamp: 1769339725 },
      'invalid_message',
      'timestamp: expected a time between 2000',
    ],
    [{ event: 'stage', stage: 's', timestamp: 'noon' }, 'invalid_message', 'timestamp'],
  ])('%j', (json, code, text) => {
    const error = errorOf(json);
    expect(error.code).toBe(code);
    expect(error.message).toContain(text);
  });

  test('and never the words of the caller', () => {
    const { message } = errorOf({
      event: 'turn',
      turn: { speaker: 'secret words', text: { secret: 'words' } },
    });
    expect(message).not.toContain('secret');
  });
});

test('a message that is nested too deep is refused', () => {
  let data: unknown = 1;
  for (let depth = 0; depth < 70; depth += 1) data = [data];
  expect(errorOf({ event: 'collect', data: { data } }).code).toBe('too_deep');
});

test('text that Postgres refuses is replaced, and the original kept', () => {
  const draft = draftOf({ event: 'turn', turn: { speaker: 'user', text: 'a\0b\uD800' } });
  expect(draft).toMatchObject({ data: { text: 'a\uFFFDb\uFFFD' }, original: 'raw' });
  expect(draftOf({ event: 'turn', turn: { speaker: 'user', text: 'नमस्ते 🙏' } })).not.toHaveProperty(
    'original',
  );
});

test('whatever an agent sends is refused or becomes an event that can be read back', () => {
  const text = fc.string({ unit: 'binary' });
  const message = fc.oneof(
    fc.record({
      event: fc.constant('turn'),
      turn: fc.record({ speaker: fc.constantFrom('user', 'bot'), text }),
    }),
    fc.record({ event: fc.constant('collect'), data: fc.dictionary(text, fc.jsonValue()) }),
    fc.record({ event: fc.constant('tool'), name: text, arguments: fc.jsonValue(), result: fc.jsonValue() }),
    fc.record({
      event: fc.constantFrom('stage', 'objection', 'outcome', 'speaking'),
      stage: text,
      text,
      outcome: text,
    }),
    fc.jsonValue(),
  );
  fc.assert(
    fc.property(message, (json) => {
      const result = read(json);
      if (!result.ok) return result.error.message.length > 0;
      const call = { tenant: 'default', callSid: 'CA1' };
      return decodeEvent(encodeEvent(placeEvent(result.draft, { call, source: 's', sourceSeq: 1 }))).ok;
    }),
    { numRuns: 500 },
  );
});
