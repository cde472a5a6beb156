import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { type CarrierReport } from './carrier-report.ts';
import { parseCallback, parsePlainCallback, type CallbackRequest } from './parse-callback.ts';
import { readPassthru } from './read-passthru.ts';
import { readStatusCallback } from './read-status-callback.ts';

const IST = 330;

/** The D10 sample with events, https://developer.exotel.com/docs/voice-v1/api-reference/status-callback. */
const TERMINAL = {
  CallSid: 'a1b2c3',
  EventType: 'terminal',
  DateCreated: '2026-01-25 16:45:20',
  DateUpdated: '2026-01-25 16:46:12',
  Status: 'no-answer',
  To: '08047000001',
  From: '+919800000001',
  StartTime: '2026-01-25 16:45:25',
  EndTime: '2026-01-25 16:46:10',
  ConversationDuration: 45,
  Direction: 'outbound-api',
  RecordingUrl: 'https://recordings.example/a1b2c3.mp3',
  CustomField: 'order 7',
  Legs: [{ OnCallDuration: 45, Status: 'completed', AnsweredBy: 'Human' }],
};

const json = (value: unknown): CallbackRequest => ({
  query: '',
  contentType: 'application/json',
  body: Buffer.from(JSON.stringify(value)),
});
const form = (text: string): CallbackRequest => ({
  query: '',
  contentType: 'application/x-www-form-urlencoded; charset=UTF-8',
  body: Buffer.from(text),
});
const query = (text: string): CallbackRequest => ({
  query: text,
  contentType: undefined,
  body: Buffer.alloc(0),
});
const entries = (value: object): [string, string][] =>
  Object.entries(value).map(([name, part]) => [
    name,
    typeof part === 'object' ? JSON.stringify(part) : String(part),
  ]);
const nonNull = (value: object) =>
  Object.fromEntries(Object.entries(value).map(([name, part]) => [name, part ?? '']));
function read(request: CallbackRequest, reader: typeof readStatusCallback): CarrierReport {
  const parsed = parsePlainCallback(request);
  if (!parsed.ok) throw new Error(parsed.problem);
  const result = reader(parsed.fields, IST);
  if (!result.ok) throw new Error(result.problem);
  return result.report;
}
const status = (request: CallbackRequest) => read(request, readStatusCallback);
const passthru = (request: CallbackRequest) => read(request, readPassthru);

describe('a status callback', () => {
  const expected = {
    callSid: 'a1b2c3',
    status: 'no_answer',
    reportedAt: '2026-01-25T11:16:12.000Z',
    eventType: 'terminal',
    from: '+919800000001',
    to: '08047000001',
    direction: 'outbound-api',
    initiatedAt: '2026-01-25T11:15:25.000Z',
    endedAt: '2026-01-25T11:16:10.000Z',
    durationSeconds: 45,
    recordingUrl: 'https://recordings.example/a1b2c3.mp3',
  };
  const bracketed = new URLSearchParams(entries({ ...TERMINAL, Legs: '' }));
  bracketed.append('Legs[0][Status]', 'completed');
  bracketed.append('Legs[0][OnCallDuration]', '45');
  bracketed.append('Legs[0][AnsweredBy]', 'Human');

  test.each([
    ['as JSON', json(TERMINAL)],
    ['as JSON with the content type of a form', { ...json(TERMINAL), contentType: form('').contentType }],
    ['as a form with Legs as JSON text', form(new URLSearchParams(entries(TERMINAL)).toString())],
    ['as a form with bracketed Legs', form(bracketed.toString())],
    ['in the query of a GET', query(`?${new URLSearchParams(entries(TERMINAL)).toString()}`)],
  ])('is read %s', (_how, request) => {
    const report = status(request);
    expect(report).toMatchObject(expected);
    expect(report.raw).toMatchObject({ EndTime: '2026-01-25 16:46:10', CustomField: 'order 7' });
    expect(report.raw['Legs.0.Status']).toBe('completed');
  });

  test('may have no more than its four base fields', () => {
    const base = {
      CallSid: 'c',
      DateUpdated: '2026-01-25 16:46:12',
      Status: 'completed',
      RecordingUrl: null,
    };
    const { raw, ...report } = status(json(base));
    expect(report).toEqual({ callSid: 'c', status: 'completed', reportedAt: '2026-01-25T11:16:12.000Z' });
    expect(Object.keys(raw)).toEqual(['CallSid', 'DateUpdated', 'Status']);
  });

  test('of an answer has the time of the answer', () => {
    const answered = { CallSid: 'c', EventType: 'answered', DateUpdated: '2026-01-25 16:45:31' };
    expect(status(json(answered))).toMatchObject({
      status: 'in_progress',
      answeredAt: '2026-01-25T11:15:31.000Z',
    });
  });

  test('does not end a call with an unknown status', () => {
    const { status: read, raw } = status(json({ CallSid: 'c', Status: 'teleported' }));
    expect([read, raw['Status']]).toEqual(['in_progress', 'teleported']);
  });

  test('of a failed call has its cause', () => {
    const failed = query('CallSid=c&Status=failed&Cause=NETWORK_ERROR');
    expect(status(failed)).toMatchObject({ status: 'failed', cause: 'NETWORK_ERROR' });
  });

  test('ignores a time of 1970, an absurd duration or a recording that is not a URL', () => {
    const odd = {
      CallSid: 'c',
      Status: 'busy',
      EndTime: '1970-01-01 05:30:00',
      ConversationDuration: -3,
      RecordingUrl: 'javascript:alert(1)',
    };
    const report = status(json(odd));
    expect([report.endedAt, report.durationSeconds, report.recordingUrl]).toEqual([
      undefined,
      undefined,
      undefined,
    ]);
  });

  test('without a call is not a report', () => {
    const parsed = parsePlainCallback(json({ Status: 'completed' }));
    expect(parsed.ok && readStatusCallback(parsed.fields, IST)).toEqual({
      ok: false,
      problem: 'no_call_sid',
      nameless: { status: 'completed', raw: { Status: 'completed' } },
    });
  });

  test.each(['None', 'null', 'NaN', ' ', '{{CallSid}}', '${CallSid}', '%CallSid%'])(
    'of a call %j is not a report',
    (callSid) => {
      const parsed = parsePlainCallback(json({ CallSid: callSid, Status: 'busy' }));
      expect(parsed.ok && readStatusCallback(parsed.fields, IST)).toMatchObject({ problem: 'no_call_sid' });
    },
  );

  test.each(['null', '', 'None', 'NaN', 'N/A', '#N/A', '(null)', '<nil>', '""', null])(
    'uses the next name of a field instead of %j',
    (nothing) => {
      const fields = {
        ...{
          CallSid: nothing,
          Sid: 'c',
          Status: nothing,
          CallStatus: 'busy',
          From: nothing,
          CallFrom: '0980',
        },
        ...{ To: nothing, CallTo: '0804', StartTime: nothing, DateCreated: '2026-01-25 16:45:20' },
        ...{ Duration: nothing, ConversationDuration: 45 },
      };
      for (const request of [json(fields), form(new URLSearchParams(entries(nonNull(fields))).toString())]) {
        expect(status(request)).toMatchObject({
          ...{ callSid: 'c', status: 'busy', from: '0980', to: '0804', durationSeconds: 45 },
          initiatedAt: '2026-01-25T11:15:20.000Z',
        });
      }
    },
  );

  test('takes a value from the query if the body has none', () => {
    const report = status({ ...json({ CallSid: 'null', Status: 'busy' }), query: 'CallSid=c' });
    expect([report.callSid, report.raw['CallSid']]).toEqual(['c', 'c']);
  });

  test('uses a value after one that cannot be read', () => {
    const fields = { StartTime: '1970-01-01 05:30:00', DateCreated: '2026-01-25 16:45:20', Duration: 'long' };
    const report = status(
      json({ CallSid: 'c', Status: 'x', CallStatus: 'busy', ...fields, ConversationDuration: 3 }),
    );
    expect(report).toMatchObject({
      status: 'busy',
      initiatedAt: '2026-01-25T11:15:20.000Z',
      durationSeconds: 3,
    });
  });

  test('has the custom field as it was set, even if that is JSON', () => {
    const customField = '{"lead":"42"}';
    expect(status(json({ ...TERMINAL, CustomField: customField })).customField).toBe(customField);
    expect(status(json({ ...TERMINAL, CustomField: { lead: '42' } })).customField).toBe(customField);
    expect(status(json(TERMINAL)).customField).toBe('order 7');
  });

  test.each([
    ['a terminal event', { EventType: 'terminal', Status: 'completed-no-answer' }, 'completed-no-answer'],
    ['the time of its end', { EndTime: '2026-01-25 16:46:10', Status: 'gone' }, 'gone'],
    [
      'a terminal event of a call in progress',
      { EventType: 'terminal', Status: 'in-progress' },
      'in-progress',
    ],
    ['a terminal event without a status', { EventType: 'Terminal', Status: 'null' }, undefined],
  ])('ends the call by %s, whatever its status is', (_what, fields, statusWord) => {
    const report = status(json({ CallSid: 'c', ...fields }));
    expect(report).toMatchObject({ status: 'completed', assumed: true });
    expect(report.statusWord).toBe(statusWord);
  });

  test.each([
    ['answered', 'busy', 'in_progress'],
    ['ringing', 'no-answer', 'ringing'],
    ['initiated', 'failed', 'in_progress'],
    ['in-progress', 'completed', 'in_progress'],
    ['answered', 'queued', 'initiated'],
  ])('of the event %s does not end the call by the status %s', (EventType, Status, expectedStatus) => {
    expect(status(json({ CallSid: 'c', EventType, Status })).status).toBe(expectedStatus);
  });

  test.each([
    ['Dial', 'busy'],
    ['Answered', 'busy'],
    ['Terminal', 'free'],
    ['Terminal', 'completed'],
    ['Dial', 'no-answer'],
  ])("of a colleague's leg (%s, %s) is about that leg alone", (EventType, Status) => {
    const leg = {
      ...{ CallSid: 'c', EventType, Status, CallFrom: '0980', CallTo: '0804', DialWhomNumber: '0999' },
      ...{ AgentEmail: 'colleague@example.com', EndTime: '2026-01-25 16:46:10', To: '0999', Duration: '7' },
    };
    for (const report of [status(json(leg)), passthru(json(leg))]) {
      expect(report).toMatchObject({ status: 'in_progress', subject: 'leg', from: '0980', to: '0804' });
      expect(report.leg).toEqual({ number: '0999', status: Status, agent: 'colleague@example.com' });
      expect([report.assumed, report.endedAt, report.durationSeconds, report.streamStatus]).toEqual(
        Array.from({ length: 4 }),
      );
    }
  });
});

describe('a passthru', () => {
  const stream = {
    StreamSID: 'f00d',
    Status: 'failed',
    Duration: '0',
    StreamUrl: 'wss://user:hunter2@calls.example/exotel/stream?token=tl_secret',
    DisconnectedBy: 'NA',
    Error: '3009: failed to establish ws connection',
    DetailedStatus: 'Streaming_call_throttled',
  };
  const call = { CallSid: 'a1', CallFrom: '09800000001', CallTo: '08047000001', Direction: 'incoming' };
  const bracketed = new URLSearchParams([
    ...entries(call),
    ...entries(stream).map(([name, value]): [string, string] => [`Stream[${name}]`, value]),
  ]);
  const asJsonText = new URLSearchParams([...entries(call), ['Stream', JSON.stringify(stream)]]);
  const flat = new URLSearchParams(
    entries({ ...call, ...stream }).map(([name, value]): [string, string] => [name.toLowerCase(), value]),
  );

  test.each([
    ['in brackets, by GET', query(bracketed.toString())],
    ['in brackets, by POST', form(bracketed.toString())],
    ['as one JSON text', query(asJsonText.toString())],
    ['flat', query(flat.toString())],
    ['as a JSON body', json({ ...call, Stream: stream })],
  ])('is read %s', (_how, request) => {
    const report = passthru(request);
    expect(report).toMatchObject({
      callSid: 'a1',
      status: 'in_progress',
      from: '09800000001',
      to: '08047000001',
      streamSid: 'f00d',
      streamStatus: 'failed',
      error: '3009: failed to establish ws connection: Streaming_call_throttled',
    });
    expect(report.disconnectedBy).toBeUndefined();
    const kept = JSON.stringify(report);
    expect(kept).toContain('wss://calls.example/exotel/stream');
    expect(kept).not.toMatch(/hunter2|tl_secret/);
  });

  test('after a Connect applet has the dialled number and the result', () => {
    const dialled =
      'CallSid=a1&DialWhomNumber=0999&DialCallStatus=no-answer&DialCallDuration=0&CallType=incomplete';
    expect(passthru(query(dialled))).toMatchObject({
      status: 'in_progress',
      leg: { number: '0999', status: 'no-answer', durationSeconds: 0 },
    });
  });

  test('without a call has its fields and its stream', () => {
    const parsed = parsePlainCallback(query('Stream[StreamSID]=f00d&Stream[Status]=failed&CallSid=None'));
    expect(parsed.ok && readPassthru(parsed.fields, IST)).toMatchObject({
      ok: false,
      nameless: { status: 'in_progress', streamSid: 'f00d', streamStatus: 'failed' },
    });
  });

  test('reports that the caller hung up', () => {
    const left = query('CallSid=a1&Stream[Status]=cancelled&Stream[DisconnectedBy]=user&Stream[Duration]=12');
    expect(passthru(left)).toMatchObject({
      status: 'completed',
      disconnectedBy: 'user',
      streamStatus: 'cancelled',
    });
  });

  test('of a stream that the bot ended does not end the call, and has its recording', () => {
    const url = 'https://recordings.example/f00d.mp3?sig=abc';
    const done = `CallSid=a1&streamsid=f00d&status=completed&disconnectedby=bot&recordingurl=${encodeURIComponent(url)}`;
    const report = passthru(query(done));
    expect(report).toMatchObject({ status: 'in_progress', disconnectedBy: 'bot', recordingUrl: url });
    expect(report.error).toBeUndefined();
  });
});

test('a Connect applet without an event reports the leg as well', () => {
  const told = { CallSid: 'c', CallFrom: '0980', DialWhomNumber: '0999', Status: 'busy' };
  expect(status(json(told))).toMatchObject({
    ...{ status: 'in_progress', subject: 'leg', from: '0980' },
    leg: { number: '0999', status: 'busy' },
  });
  expect(status(json({ ...told, DateUpdated: '2026-01-25 16:46:12' })).status).toBe('busy');
});

test('multipart is read as a form is', async () => {
  const data = new FormData();
  for (const [name, value] of entries(TERMINAL)) data.append(name, value);
  const sent = new Response(data);
  const contentType = sent.headers.get('content-type') ?? undefined;
  const body = Buffer.from(await sent.arrayBuffer());
  const parsed = await parseCallback({ query: '', contentType, body });
  const plain = parsePlainCallback(form(new URLSearchParams(entries(TERMINAL)).toString()));
  if (!parsed.ok || !plain.ok) throw new Error('not read');
  expect(parsed.fields.raw).toEqual(plain.fields.raw);
});

test('a leg whose number is the word null is ignored, and the call ends', () => {
  const report = status(json({ ...TERMINAL, DialWhomNumber: 'null', AgentEmail: 'NA' }));
  expect([report.status, report.subject, report.leg]).toEqual(['no_answer', undefined, undefined]);
});

test('the word null does not hide another name of a field', () => {
  const report = status(json({ CallSid: 'null', Sid: 'c', Status: 'null', CallStatus: 'busy' }));
  expect([report.callSid, report.status]).toEqual(['c', 'busy']);
});

test('a deep custom field in JSON is kept as its text', () => {
  const nested = `${'['.repeat(40)}1${']'.repeat(40)}`;
  const parsed = parsePlainCallback({
    query: '',
    contentType: 'application/json',
    body: Buffer.from(`{"CallSid":"c","CustomField":${nested}}`),
  });
  expect(parsed.ok && parsed.fields.get('CustomField')).toBe(nested);
});

describe('what is not a callback', () => {
  test.each([
    ['JSON that is broken', json('').contentType, '{"CallSid":', 'not_json'],
    ['JSON that is not an object', 'application/json', '[1]', 'not_json'],
    ['JSON that is not UTF-8', 'application/json', '{"a":"\xff"}', 'not_json'],
    ['multipart without its boundary', 'multipart/form-data', 'x', 'not_a_form'],
    [
      'unlimited fields',
      'application/x-www-form-urlencoded',
      Array.from({ length: 300 }, (_, n) => `a${n}=1`).join('&'),
      'too_many_fields',
    ],
    [
      'deeply nested fields',
      'application/json',
      `${'{"a":'.repeat(50)}1${'}'.repeat(50)}`,
      'too_many_fields',
    ],
    [
      'deeply nested text',
      'application/json',
      `{"CallSid":"c","CustomField":${'['.repeat(30_000)}${']'.repeat(30_000)}}`,
      'too_many_fields',
    ],
    ['an endless text', 'application/json', `{"CallSid":1e400,"${'\\"'.repeat(30_000)}`, 'not_json'],
  ])('%s', async (_what, contentType, body, problem) => {
    const request = { query: '', contentType, body: Buffer.from(body, 'latin1') };
    const startMs = performance.now();
    expect(await parseCallback(request)).toEqual({ ok: false, problem });
    expect(performance.now() - startMs).toBeLessThan(1_000);
  });
});

test('no input makes it throw', () => {
  const bodies = fc.oneof(
    fc.uint8Array({ maxLength: 200 }),
    fc.json().map((text) => Buffer.from(text)),
    fc.webQueryParameters().map((text) => Buffer.from(text)),
    fc
      .dictionary(
        fc.constantFrom('CallSid', 'Status', 'Legs', 'Stream', 'DateUpdated', '__proto__'),
        fc.anything(),
      )
      .map((value) => Buffer.from(safeJson(value))),
  );
  const contentType = fc.constantFrom(
    undefined,
    'application/json',
    'application/x-www-form-urlencoded',
    'x/y',
  );
  fc.assert(
    fc.property(bodies, contentType, fc.webQueryParameters(), (body, type, query) => {
      const parsed = parsePlainCallback({ query, contentType: type, body: Buffer.from(body) });
      if (!parsed.ok) return;
      readStatusCallback(parsed.fields, IST);
      readPassthru(parsed.fields, IST);
    }),
    { numRuns: 500 },
  );
});

function safeJson(value: unknown): string {
  try {
    return JSON.stringify(value);
  } catch {
    return '{}';
  }
}
