import { describe, expect, test } from '@jest/globals';
import { toStorable, type JsonValue } from '@turnlog/call-events';
import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js';
import fc from 'fast-check';
import { readFileSync } from 'node:fs';
import { readAgentMessage } from '../../domain/read-agent-message.ts';
import { openApiSchemas } from './openapi-schemas.ts';

const ajv = new Ajv2020({ strict: true, allowUnionTypes: true });
ajv.addVocabulary(['components']);
ajv.addSchema({ components: { schemas: openApiSchemas() } }, 'openapi.json');

function validator(name: string): ValidateFunction {
  const validate = ajv.getSchema(`openapi.json#/components/schemas/${name}`);
  if (validate === undefined) throw new Error(`there is no schema ${name}`);
  return validate;
}

const isMessage = validator('AgentMessage');
const isAccepted = (json: unknown): boolean =>
  readAgentMessage(json, { nowMs: 0, rawBase64: () => '', redaction: 'none' }).ok;

test.each([
  [
    'StatusCallback',
    { CallSid: 'CA1', Status: 'completed', RecordingUrl: null, ConversationDuration: 12, New: {} },
  ],
  ['Passthru', { CallSid: 'CA1', Stream: '{"Status":"completed"}' }],
  ['Passthru', { CallSid: 'CA1', Stream: { Status: 'failed', DetailedStatus: 'Streaming_call_throttled' } }],
])('%s is what the carrier sends, with a call and whatever else', (name, body) => {
  const isCallback = validator(name);
  expect([isCallback(body), isCallback.errors]).toEqual([true, null]);
  // A Passthru may name its stream alone.
  expect(isCallback({ ...body, CallSid: undefined })).toBe(name === 'Passthru');
});

describe('a message is accepted by the schema if and only if it is accepted by the gateway', () => {
  const storable = (json: unknown) => toStorable(json as JsonValue)?.value;

  /** Mostly what is surely right, so that a whole message is at times. */
  const mostly = <T>(right: unknown, arbitrary: fc.Arbitrary<T>) =>
    fc.oneof({ weight: 4, arbitrary: fc.constant(right) }, { weight: 1, arbitrary });

  const words = fc.constantFrom('user', ' AI', 'Agent', 'system ', 'Bot', 'assistant', 'robot', 'callér', '');
  const digits = (max: number) => fc.integer({ min: 0, max }).map((n) => String(n).padStart(2, '0'));
  const isoTime = fc
    .tuple(
      fc.constantFrom('1999', '2000', '2026', '2099', '2100'),
      digits(13),
      digits(32),
      fc.constantFrom('T', ' ', 't', ''),
      digits(25),
      digits(61),
      fc.constantFrom('', ':00', ':59.1', ':59.999999', ':60', ':'),
      fc.constantFrom('', 'Z', 'z', '+05:30', '-0800', '+24:00', ' Z'),
    )
    .map(([y, m, d, t, h, min, s, zone]) => `${y}-${m}-${d}${t}${h}:${min}${s}${zone}`);
  const unixMs = fc.oneof(
    fc.integer({ min: 940_000_000_000, max: 4_200_000_000_000 }),
    fc.constantFrom(946_684_799_999, 946_684_800_000, 4_102_444_799_999, 4_102_444_800_000),
    fc.double(),
  );
  const moment = fc.oneof(isoTime, unixMs, unixMs.map(String), fc.constantFrom('noon', null, true));
  const shortText = fc.oneof(
    fc.string({ unit: 'binary', maxLength: 140 }),
    fc.nat(140).map((length) => 'x'.repeat(length)),
  );
  const id = fc.oneof(shortText, fc.integer(), fc.double(), fc.constantFrom(null, 2 ** 53, {}));
  const text = fc.oneof(fc.string({ unit: 'binary' }), fc.constantFrom('', null, 7));
  const flag = fc.constantFrom(true, false, null, 'yes', 0);
  const number = fc.oneof(fc.double(), fc.constantFrom(null, '1'));
  const marks = fc.oneof(fc.array(fc.record({ name: shortText, text }), { maxLength: 2 }), fc.constant(null));
  const spoken = fc.record(
    {
      speaker: mostly('ai', words),
      text: mostly('Hello.', text),
      timestamp: mostly(null, moment),
      startedAt: mostly('2026-01-25T11:15:25.120Z', moment),
      ended_at: mostly(1_769_339_725_120, moment),
      interrupted: mostly(true, flag),
      heardText: mostly('Hel', text),
      confidence: mostly(0.5, number),
      marks: mostly([], marks),
      words: fc.array(fc.record({ text, startMs: number }, { requiredKeys: [] }), { maxLength: 1 }),
    },
    { requiredKeys: ['speaker', 'text'] },
  );
  const fields = {
    id: mostly('x1', id),
    timestamp: mostly(1_769_339_725_120, moment),
    turn: mostly({ speaker: 'user', text: 'Yes.' }, spoken),
    data: mostly({ budget: 5 }, fc.jsonValue()),
    stage: mostly('closing', text),
    text: mostly('too far', text),
    category: mostly(null, text),
    outcome: mostly('won', text),
    reason: mostly(null, text),
    name: mostly('lookup', text),
    arguments: fc.jsonValue(),
    durationMs: mostly(5, number),
    speaking: mostly(true, flag),
    statement: mostly('This call is recorded', text),
    given: mostly(true, flag),
    purpose: mostly(null, text),
    statementVersion: mostly('1', text),
    speaker: mostly('bot', words),
    odd: fc.jsonValue(),
  };
  const event = fc.constantFrom(
    ...['turn', 'collect', 'stage', 'objection', 'outcome', 'tool', 'speaking', 'consent', 'nonsense', 7],
  );
  const message = fc.oneof(
    { weight: 1, arbitrary: fc.jsonValue() },
    { weight: 9, arbitrary: fc.record({ event, ...fields }, { requiredKeys: ['event'] }) },
  );

  test('whatever it is', () => {
    let accepted = 0;
    fc.assert(
      fc.property(message, (json) => {
        const sent = JSON.parse(JSON.stringify(json)) as unknown;
        const isTaken = isAccepted(sent);
        if (isTaken) accepted += 1;
        expect(isMessage(storable(sent))).toBe(isTaken);
      }),
      { numRuns: 5_000 },
    );
    expect(accepted).toBeGreaterThan(500);
  });

  test.each([
    [
      'a turn with a time',
      { event: 'turn', turn: { speaker: 'user', text: 'x', timestamp: '2026-01-25T11:15Z' } },
    ],
    ['a turn without text', { event: 'turn', turn: { speaker: 'user' } }],
    ['a collect without data', { event: 'collect' }],
    ['a stage of no name', { event: 'stage', stage: '' }],
    [
      'null for what is optional',
      { event: 'outcome', outcome: 'won', reason: null, id: null, timestamp: null },
    ],
    ['an id of 129 characters', { event: 'stage', stage: 's', id: 'x'.repeat(129) }],
    ['an id with emoji', { event: 'stage', stage: 's', id: '🙏' }],
  ])('%s', (_what, json) => {
    expect(isMessage(json)).toBe(isAccepted(json));
  });
});

describe('the examples in the documentation', () => {
  const pages = ['docs/events.md', 'README.md'].map((page) =>
    readFileSync(new URL(`../../../../../${page}`, import.meta.url), 'utf8'),
  );
  const blocks = pages.flatMap((page) =>
    [...page.matchAll(/```json\n(.*?)```/gs)].map(([, block = '']) => block),
  );
  const curled = pages.flatMap((page) => [...page.matchAll(/-d '([^']+)'/g)].map(([, body = '']) => body));
  const examples = [...blocks.flatMap(jsonDocuments), ...curled.flatMap(jsonDocuments)].flat();
  const kinds = ['AgentMessage', 'SocketAnswer', 'EventResults', 'Problem'].map(validator);

  test('are there', () => {
    expect(examples.length).toBeGreaterThan(10);
  });

  test.each(examples.map((example) => [JSON.stringify(example), example]))('%s', (_text, example) => {
    expect(kinds.some((validate) => validate(example))).toBe(true);
  });

  /** A block is one document, or has one on each line. */
  function jsonDocuments(block: string): unknown[] {
    try {
      return [JSON.parse(block)];
    } catch {
      return block
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line) as unknown);
    }
  }
});
