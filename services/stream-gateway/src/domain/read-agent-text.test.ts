import { describe, expect, test } from '@jest/globals';
import { decodeEvent, encodeEvent, stringifyJson, placeEvent } from '@turnlog/call-events';
import { type RedactionMode } from '@turnlog/redaction';
import { namedDraft } from '../reading/read-reports.ts';
import { readAgentText } from './read-agent-message.ts';

const NOW = Date.UTC(2026, 0, 25, 11, 15, 25, 120);

function read(text: string, options: { nowMs?: number; redaction?: RedactionMode } = {}) {
  return readAgentText(text, { nowMs: NOW, rawBase64: () => 'raw', redaction: 'none', ...options });
}

function messageOf(text: string, options = {}) {
  const message = read(text, options);
  if (!message.ok) throw new Error(message.error.message);
  return message;
}

function dataOf(text: string, options = {}): string {
  return stringifyJson(messageOf(text, options).draft.data);
}

function errorOf(text: string) {
  const message = read(text);
  if (message.ok) throw new Error('the message was taken');
  return message.error;
}

const fingerprintOf = (text: string, options = {}) => namedDraft(messageOf(text, options), 'x').fingerprint;

describe('a number in a free field keeps all its digits', () => {
  test.each([
    '750727362669608961',
    '9123456789012345678',
    '50000000000000000001',
    '1e400',
    '1e-400',
    '-0',
    '0.1234567890123456789',
    '10.50',
  ])('%s', (number) => {
    const call = { tenant: 'default', callSid: 'CA1' };
    const message = messageOf(`{"event":"collect","data":{"n":${number},"deep":[{"n":${number}}]}}`);
    const text = encodeEvent(placeEvent(message.draft, { call, source: 's', sourceSeq: 1 }));
    expect(text).toContain(`"data":{"fields":{"n":${number},"deep":[{"n":${number}}]}}`);
    const decoded = decodeEvent(text);
    expect(decoded.ok && stringifyJson(decoded.event.data)).toContain(`"deep":[{"n":${number}}]`);
    const tool = `{"event":"tool","name":"t","arguments":{"n":${number}},"result":[${number}],"metadata":${number}}`;
    expect(dataOf(tool)).toBe(
      `{"name":"t","arguments":{"n":${number}},"result":[${number}],"metadata":${number}}`,
    );
  });

  test('unless it is too long to be read', () => {
    for (const number of ['1e1000', '1e-1000', '1e99999999999999999999', '7'.repeat(1_001)]) {
      expect(errorOf(`{"event":"collect","data":{"n":${number}}}`).message).toContain('send it as text');
    }
    expect(dataOf(`{"event":"collect","data":{"n":${'7'.repeat(1_000)}}}`)).toContain('7'.repeat(1_000));
  });

  test('card numbers and phone numbers are redacted in every way of writing', () => {
    const redacted = dataOf(
      '{"event":"collect","data":{"card":4000000000000000006,"same":4.111111111111111e15,"phone":98765432100e-1}}',
      { redaction: 'mask' },
    );
    expect(redacted).toBe('{"fields":{"card":"[card …0006]","same":"[card …1111]","phone":"[phone …10].0"}}');
  });
});

describe('a number with a meaning', () => {
  test('is accepted in any spelling of the same number', () => {
    const turn =
      '{"speaker":"ai","text":"x","confidence":0.90,"startedAt":1769339725120.0,"words":[{"text":"x","startMs":1e1}]}';
    expect(dataOf(`{"event":"turn","turn":${turn}}`)).toBe(
      '{"speaker":"ai","text":"x","startedAt":"2026-01-25T11:15:25.120Z","confidence":0.9,"words":[{"text":"x","startMs":10}]}',
    );
  });

  test.each([
    ['{"event":"turn","turn":{"speaker":"ai","text":"x","confidence":1e400}}', 'turn.confidence'],
    ['{"event":"turn","turn":{"speaker":"ai","text":"x","confidence":1e-400}}', 'turn.confidence'],
    [
      '{"event":"turn","turn":{"speaker":"ai","text":"x","confidence":0.12345678901234567890}}',
      'turn.confidence',
    ],
    [
      '{"event":"turn","turn":{"speaker":"ai","text":"x","words":[{"text":"x","startMs":1e400}]}}',
      'turn.words.0.startMs',
    ],
    ['{"event":"tool","name":"t","durationMs":9007199254740993}', 'durationMs'],
    ['{"event":"stage","stage":"s","timestamp":1e400}', 'timestamp'],
    ['{"event":"stage","stage":"s","id":"a","revision":9007199254740993}', 'revision'],
  ])('%s is refused, and the field named', (text, field) => {
    const { code, message } = errorOf(text);
    expect([code, message]).toEqual([
      'invalid_message',
      `${field}: the number has more digits than can be kept here; round it`,
    ]);
  });

  test('two ids of many digits are two', () => {
    expect(messageOf('{"event":"stage","stage":"s","id":1234567890123456789}').id).toBe(
      '1234567890123456789',
    );
    expect(messageOf('{"event":"stage","stage":"s","id":1234567890123456788}').id).toBe(
      '1234567890123456788',
    );
    expect(messageOf('{"event":"stage","stage":"s","id":9007199254740993}').id).toBe('9007199254740993');
    expect(messageOf('{"event":"stage","stage":"s","id":9007199254740992}').id).toBe('9007199254740992');
    expect(messageOf('{"event":"stage","stage":"s","id":1.0}').id).toBe('1');
    expect(errorOf('{"event":"stage","stage":"s","id":1.5}').message).toContain('id: expected text');
  });
});

describe('a message that is not JSON, or has a field twice, is refused', () => {
  test.each(['{"event":"stage","stage":NaN}', '{"event":"stage","stage":"a\nb"}', "{'event':'stage'}", ''])(
    '%j is no JSON',
    (text) => {
      expect(errorOf(text).code).toBe('not_json');
    },
  );

  test.each([
    '{"event":"collect","data":{"budget":1,"budget":2}}',
    '{"event":"collect","data":{"a":[{"b":1,"b":1}]}}',
    '{"event":"stage","stage":"a","stage":"b"}',
    '{"event":"stage","stage":"a","\\u0073tage":"b"}',
  ])('%s', (text) => {
    expect(errorOf(text.replace('\\\\', '\\')).message).toContain('a field of one name twice');
  });

  test('but a colon in a text is not a field', () => {
    expect(dataOf('{"event":"stage","stage":"a:\\":b:"}'.replace('\\\\', '\\'))).toContain(':b:');
  });

  test('a message that is too deep for the parser is too_deep', () => {
    const deep = `{"event":"collect","data":{"a":${'['.repeat(100_000)}1e400${']'.repeat(100_000)}}}`;
    expect(errorOf(deep).code).toBe('too_deep');
  });
});

describe('what a message has beyond the known fields', () => {
  test('is kept at each of its places', () => {
    const text = `{"event":"turn","id":"t1","sequence":7,"turn":{"speaker":"ai","text":"a b","metadata":{"model":"m-1","tokens":12},
      "sentiment":-0.5,"words":[{"text":"a","start":0.1}],"marks":[{"name":"m","text":"a b","at":1}]}}`;
    expect(JSON.parse(dataOf(text))).toEqual({
      speaker: 'ai',
      text: 'a b',
      metadata: { model: 'm-1', tokens: 12 },
      words: [{ text: 'a', extra: { start: 0.1 } }],
      marks: [{ name: 'm', text: 'a b', extra: { at: 1 } }],
      extra: { sentiment: -0.5, sequence: 7 },
    });
  });

  test.each([
    ['{"event":"collect","data":{"a":1},"source":"crm"}', { fields: { a: 1 }, extra: { source: 'crm' } }],
    ['{"event":"stage","stage":"s","metadata":[1]}', { stage: 's', metadata: [1] }],
    ['{"event":"objection","text":"t","score":1}', { text: 't', extra: { score: 1 } }],
    ['{"event":"outcome","outcome":"o","by":null}', { outcome: 'o', extra: { by: null } }],
    ['{"event":"tool","name":"n","callId":"c"}', { name: 'n', extra: { callId: 'c' } }],
    ['{"event":"speaking","speaking":true,"level":3}', { speaking: true, extra: { level: 3 } }],
    [
      '{"event":"speaking","speaking":true,"id":"s","revision":1}',
      { speaking: true, extra: { revision: 1 } },
    ],
    [
      '{"event":"consent","statement":"s","given":true,"lang":"hi"}',
      { statement: 's', given: true, extra: { lang: 'hi' } },
    ],
  ])('%s', (text, data) => {
    expect(JSON.parse(dataOf(text))).toEqual(data);
  });

  test('is kept if two spellings of a field contradict each other', () => {
    const text = `{"event":"turn","timestamp":${NOW},"metadata":1,"mood":"a","turn":{"speaker":"ai","text":"x","timestamp":${NOW + 1},
      "startedAt":${NOW},"start":${NOW + 2},"metadata":2,"mood":"b"}}`;
    expect(JSON.parse(dataOf(text))).toMatchObject({
      startedAt: '2026-01-25T11:15:25.120Z',
      metadata: 2,
      extra: { mood: 'b', start: NOW + 2, 'message.mood': 'a', metadata: 1, timestamp: NOW },
    });
  });

  test('is redacted, and is removed with the word that it repeats', () => {
    const words = '[{"text":"98765","shown":"98765"},{"text":"43210"},{"text":"ok","note":"a@b.co"}]';
    const text = `{"event":"turn","turn":{"speaker":"user","text":"98765 43210 ok","metadata":{"mail":"a@b.co"},"alt":"9876543210","words":${words}}}`;
    const redacted = dataOf(text, { redaction: 'mask' });
    expect(redacted).not.toMatch(/98765|43210|a@b/);
    expect(JSON.parse(redacted)).toMatchObject({
      metadata: { mail: '[email]' },
      words: [{}, {}, { extra: { note: '[email]' } }],
    });
  });
});

describe('a revision', () => {
  test('is a whole number from 1 on, of a message with an id', () => {
    const message = (revision: string, id = '"t1"') =>
      `{"event":"turn","id":${id},"revision":${revision},"turn":{"speaker":"user","text":"x"}}`;
    expect(messageOf(message('2')).draft).toMatchObject({ revision: 2 });
    expect(messageOf(message('2')).draft).not.toHaveProperty('isTimed');
    expect(messageOf(message('null')).draft).not.toHaveProperty('revision');
    for (const revision of ['0', '-1', '1.5', '"2"', 'true', '9007199254740992'])
      expect(errorOf(message(revision)).message).toContain('revision');
    expect(errorOf(message('1', 'null')).message).toContain('revision: needs an id');
  });

  test('has a flag for a reported time', () => {
    const text = `{"event":"turn","id":"t1","revision":1,"turn":{"speaker":"user","text":"x","timestamp":${NOW}}}`;
    expect(messageOf(text).draft).toMatchObject({ revision: 1, isTimed: true, atMs: NOW });
  });
});

describe('two messages of one id say the same', () => {
  const turn = (fields: string, more = '') =>
    `{"event":"turn","id":"t1"${more},"turn":{"speaker":"user",${fields}}}`;
  const base = turn('"text":"So","confidence":0.5');

  test.each([
    [
      'in another order',
      '{"turn":{"confidence":0.50,"text":"So","speaker":"caller"},"id":"t1","event":"Turn"}',
    ],
    ['with other blanks', base.replaceAll(',', ' , ')],
    ['with fields that are null', turn('"text":"So","confidence":0.5,"language":null')],
  ])('%s', (_, text) => {
    expect(fingerprintOf(text)).toBe(fingerprintOf(base));
  });

  test('whenever they come, and not when they say another time', () => {
    expect(fingerprintOf(base, { nowMs: NOW + 5 })).toBe(fingerprintOf(base));
    const timed = turn('"text":"So","confidence":0.5', `,"timestamp":${NOW}`);
    const later = turn('"text":"So","confidence":0.5', `,"timestamp":${NOW + 1}`);
    expect(new Set([base, timed, later].map((text) => fingerprintOf(text))).size).toBe(3);
  });

  test.each([
    ['another text', turn('"text":"So I","confidence":0.5')],
    ['another number', turn('"text":"So","confidence":0.25')],
    ['more', turn('"text":"So","confidence":0.5,"mood":"glad"')],
    ['other metadata', turn('"text":"So","confidence":0.5', ',"metadata":{}')],
  ])('but not with %s', (_, text) => {
    expect(fingerprintOf(text)).not.toBe(fingerprintOf(base));
  });

  test('numbers that a double makes the same are two', () => {
    const collect = (n: string) => fingerprintOf(`{"event":"collect","id":"c","data":{"n":${n}}}`);
    expect(collect('9007199254740993')).not.toBe(collect('9007199254740992'));
    expect(collect('10.50')).toBe(collect('10.5'));
  });
});
