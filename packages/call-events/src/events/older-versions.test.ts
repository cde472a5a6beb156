import { readFileSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import { foldEvents } from '../fold/fold-call.ts';
import { initialState } from '../fold/call-state.ts';
import { stringifyJson } from '../numbers/exact-number.ts';
import { toCallRecord } from '../record/call-record.ts';
import { type CallEvent } from './call-event.ts';
import { decodeEvent } from './codec.ts';

// Written by version 1, and never changed since: archives hold such lines for years. A new version of the envelope gets
// a file of its own beside it; this one must go on being read, and to the same record.
const FILE = new URL('./fixtures/version-1.jsonl', import.meta.url);
const lines = readFileSync(FILE, 'utf8').trimEnd().split('\n');
// As fold version 3 made it of these lines.
const RECORD = new URL('./fixtures/version-1.record.json', import.meta.url);

const TYPES = [
  'audio.summarised',
  'call.disconnected',
  'call.ended',
  'call.started',
  'call.status_reported',
  'consent.recorded',
  'data.collected',
  'dtmf.pressed',
  'mark.played',
  'objection.raised',
  'outcome.decided',
  'recording.available',
  'speaking.changed',
  'stage.changed',
  'tool.called',
  'turn.completed',
];

function read(line: string): CallEvent {
  const decoded = decodeEvent(line);
  if (!decoded.ok) throw new Error(`${decoded.problem.code}: ${decoded.problem.detail}: ${line}`);
  return decoded.event;
}

describe('events as version 1 wrote them', () => {
  test('fold to what fold version 3 made of them, in every field that it had', () => {
    const state = foldEvents(initialState({ tenant: 'acme', callSid: 'CA-version-1' }), lines.map(read));
    const expected = JSON.parse(readFileSync(RECORD, 'utf8')) as object;
    const record = Object.entries(toCallRecord(state)).filter(([field]) => Object.hasOwn(expected, field));
    expect(JSON.parse(JSON.stringify(Object.fromEntries(record)))).toEqual(expected);
  });

  test('are of every type that it knew', () => {
    expect([...new Set(lines.map((line) => read(line).type))].sort()).toEqual(TYPES);
  });

  test.each(lines.map((line) => [(JSON.parse(line) as CallEvent).id, line]))(
    '%s is read with all that it says',
    (_, line) => {
      expect(read(line)).toMatchObject(JSON.parse(line) as object);
    },
  );

  test('come to the record that they came to then', () => {
    const state = foldEvents(initialState({ tenant: 'acme', callSid: 'CA-version-1' }), lines.map(read));
    expect(toCallRecord(state)).toMatchObject({
      version: 28,
      status: 'completed',
      endReason: 'callended',
      stage: 'discovery',
      outcome: 'qualified',
      lead: { campaign: 'diwali', phone: '+910000000001' },
      fromNumber: '+910000000001',
      toNumber: '+910000000002',
      direction: 'inbound',
      initiatedAt: '2026-01-25T11:14:55.000Z',
      answeredAt: '2026-01-25T11:15:00.000Z',
      endedAt: '2026-01-25T11:15:30.000Z',
      durationSeconds: 30,
      recordingUrl: 'https://recordings.example.com/2.mp3',
      transcript: [
        { speaker: 'ai', text: 'Hello! What is your budget?', timestamp: '2026-01-25T11:15:02.000Z' },
        {
          speaker: 'user',
          text: 'Around 50 lakhs, नमस्ते 😀',
          timestamp: '2026-01-25T11:15:02.500Z',
          interrupted: true,
          language: 'en-IN',
        },
        { speaker: 'agent', text: 'A colleague here.' },
        { speaker: 'system', text: 'Transferred.' },
      ],
      collectedData: { budget: 5_000_000, location: 'Mumbai', nested: { list: [1, null, true] } },
      objections: [{ text: 'too far', category: 'location' }, { text: 'too dear' }],
    });
  });
});

test('reports with revisions, fingerprints and exact numbers come to the record that they came to then', () => {
  const file = new URL('./fixtures/version-1-reports.jsonl', import.meta.url);
  const texts = readFileSync(file, 'utf8').trimEnd().split('\n');
  const record = toCallRecord(
    foldEvents(initialState({ tenant: 'acme', callSid: 'CA-reports' }), texts.map(read)),
  );
  expect(record).toMatchObject({ version: 4, metrics: { turns: 1, superseded_reports: 2 } });
  expect(record.transcript).toEqual([
    {
      id: 'turn:t1',
      speaker: 'user',
      text: 'So I think',
      timestamp: '2026-11-29T11:15:01.000Z',
      words: [{ text: 'So', extra: { start: 0.1 } }],
      revision: 2,
      metadata: { model: 'm-1' },
      extra: { mood: 'glad' },
    },
  ]);
  expect(stringifyJson(record.collectedData)).toBe(
    '{"account":750727362669608961,"limit":1e400,"price":10.50}',
  );
});

test('the signs of a failed call fold to the record that they folded to then', () => {
  const file = new URL('./fixtures/version-1-analysis.jsonl', import.meta.url);
  const texts = readFileSync(file, 'utf8').trimEnd().split('\n');
  const state = foldEvents(initialState({ tenant: 'acme', callSid: 'CA-analysis' }), texts.map(read));
  expect(toCallRecord(state)).toMatchObject({
    version: 5,
    status: 'failed',
    endReason: 'agent_lost',
    endedCleanly: false,
    failureCause: 'NETWORK_ERROR',
    agentReached: false,
    keysPressed: '1',
  });
});
