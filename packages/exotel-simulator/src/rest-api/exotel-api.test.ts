import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { freePort } from '@turnlog/test-kit';
import { startFakeRestApi, type FakeRestApi } from './fake-rest-api.ts';
import { type Misbehaviour } from './misbehaviour.ts';
import { type ConnectRequest, ExotelApi } from '@turnlog/exotel';

let carrier: FakeRestApi;
let api: ExotelApi;

beforeEach(async () => {
  carrier = await startFakeRestApi();
  api = apiOf({});
});

afterEach(async () => {
  await carrier.close();
});

function apiOf(own: { apiToken?: string; apiUrl?: string; timeoutMs?: number }): ExotelApi {
  const { url: apiUrl, accountSid, apiKey, apiToken } = carrier;
  return new ExotelApi({
    apiUrl,
    accountSid,
    apiKey,
    apiToken,
    utcOffsetMinutes: 330,
    timeoutMs: 10_000,
    ...own,
  });
}

/** Waits for what comes, however slow the machine is, and not long for what does not. */
function patientWith({ kind }: Misbehaviour): ExotelApi {
  return kind === 'hang' || kind === 'slow' ? apiOf({ timeoutMs: 300 }) : api;
}

const ENDED = {
  Status: 'no-answer',
  DateUpdated: '2026-01-25 16:46:12',
  StartTime: '2026-01-25 16:45:25',
  EndTime: '2026-01-25 16:46:10',
  Duration: '45',
  Price: '1.250000',
  RecordingUrl: 'https://recordings.example/1.mp3',
};
const READ = {
  callSid: 'CA/1',
  status: 'no_answer',
  reportedAt: '2026-01-25T11:16:12.000Z',
  initiatedAt: '2026-01-25T11:15:25.000Z',
  endedAt: '2026-01-25T11:16:10.000Z',
  durationSeconds: 45,
  price: '1.250000',
  recordingUrl: 'https://recordings.example/1.mp3',
};

describe('call details', () => {
  test.each([undefined, { kind: 'xml' }] as const)('are parsed in every notation: %j', async (as) => {
    carrier.addCall('CA/1', ENDED);
    carrier.misbehave(as);
    expect(await api.callDetails('CA/1')).toMatchObject({ kind: 'ok', value: READ });
    expect(carrier.requests[0]).toMatchObject({ method: 'GET', path: 'Calls/CA%2F1.json' });
  });

  test('that are not known yet are absent', async () => {
    carrier.addCall('CA1', { Status: 'in-progress', Duration: null, Price: null, EndTime: null });
    const answer = await api.callDetails('CA1');
    expect(answer).toMatchObject({ kind: 'ok', value: { status: 'in_progress' } });
    expect(answer.kind === 'ok' && Object.keys(answer.value)).not.toContain('price');
  });

  test('of the details the conversation replaces a missing duration', async () => {
    carrier.addCall('CA1', { ...ENDED, Duration: null, Details: { ConversationDuration: 31 } });
    expect(await api.callDetails('CA1')).toMatchObject({ value: { durationSeconds: 31 } });
  });

  const failures: [string, Misbehaviour, object][] = [
    ['429', { kind: 'status', status: 429 }, { kind: 'rate_limited', retryAfterMs: undefined }],
    [
      '429 with Retry-After',
      { kind: 'status', status: 429, retryAfter: '7' },
      { kind: 'rate_limited', retryAfterMs: 7_000 },
    ],
    [
      '503 with Retry-After',
      { kind: 'status', status: 503, retryAfter: '1' },
      { kind: 'rate_limited', retryAfterMs: 1_000 },
    ],
    ['503', { kind: 'status', status: 503 }, { kind: 'unavailable', reason: 'HTTP 503' }],
    ['500', { kind: 'status', status: 500 }, { kind: 'unavailable', reason: 'HTTP 500' }],
    ['400', { kind: 'status', status: 400 }, { kind: 'rejected', status: 400 }],
    ['403', { kind: 'status', status: 403 }, { kind: 'unauthorised', status: 403 }],
    ['silence', { kind: 'hang' }, { kind: 'unavailable', reason: 'no answer within 300 ms' }],
    ['an answer that is too late', { kind: 'slow', ms: 900 }, { kind: 'unavailable' }],
    ['a reset', { kind: 'reset' }, { kind: 'unavailable' }],
    ['half a document', { kind: 'text', text: '{"Call":{"Sid":"CA1"' }, { kind: 'unavailable' }],
    ['broken XML', { kind: 'text', text: '<Call><Sid>' }, { kind: 'unavailable' }],
    ['no status', { kind: 'without', fields: ['Status'] }, { kind: 'unavailable' }],
    ['no sid', { kind: 'without', fields: ['Sid'] }, { kind: 'unavailable' }],
    [
      'another call',
      { kind: 'text', text: '{"Call":{"Sid":"CA2","Status":"busy"}}' },
      { kind: 'unavailable' },
    ],
  ];
  test.each(failures)('%s is a failure that says what to do', async (_what, misbehaviour, failure) => {
    carrier.addCall('CA1', ENDED);
    carrier.misbehave(misbehaviour);
    expect(await patientWith(misbehaviour).callDetails('CA1')).toMatchObject(failure);
    expect(carrier.requests).toHaveLength(1);
  });

  test('of an unknown call are not found, and with a wrong token unauthorised', async () => {
    expect(await api.callDetails('CA9')).toEqual({ kind: 'not_found' });
    expect(await apiOf({ apiToken: 'wrong' }).callDetails('CA9')).toEqual({
      kind: 'unauthorised',
      status: 401,
    });
  });
});

describe('a list of calls', () => {
  const at = Date.UTC(2026, 0, 25, 11, 15, 0);

  test.each([undefined, { kind: 'xml' }] as const)(
    'has the calls to a number in some minutes: %j',
    async (as) => {
      carrier.addCall('CA1', { From: '+919800000001', DateCreated: '2026-01-25 16:45:10' });
      carrier.addCall('CA2', { From: '+919800000001', DateCreated: '2026-01-25 18:00:00' });
      carrier.addCall('CA3', { From: '+919800000002', DateCreated: '2026-01-25 16:45:10' });
      carrier.misbehave(as);
      const answer = await api.listCalls({ from: '+919800000001', sinceMs: at, untilMs: at + 60_000 });
      expect(answer).toMatchObject({ kind: 'ok', value: [{ callSid: 'CA1' }] });
    },
  );

  test.each([undefined, { kind: 'xml' }] as const)('may be empty: %j', async (as) => {
    carrier.misbehave(as);
    expect(await api.listCalls({ from: '1', sinceMs: at, untilMs: at })).toEqual({ kind: 'ok', value: [] });
  });

  test('of a wrong shape is a failure', async () => {
    carrier.misbehave({ kind: 'text', text: '{}' });
    expect(await api.listCalls({ from: '1', sinceMs: at, untilMs: at })).toMatchObject({
      kind: 'unavailable',
    });
  });
});

describe('placing a call', () => {
  const request: ConnectRequest = {
    to: '+919800000001',
    callerId: '08047000001',
    target: { kind: 'stream', url: 'wss://calls.example/exotel/stream' },
    reference: 'ref-1',
    statusCallbackUrl: 'https://calls.example/webhooks/exotel/status/secret',
    timeLimitSeconds: 600,
  };

  test('sends the documented form, and returns the call', async () => {
    expect(await api.connect(request)).toMatchObject({
      outcome: 'placed',
      report: { callSid: 'placed-1', status: 'in_progress', from: '+919800000001' },
    });
    const { form } = carrier.requests[0] ?? {};
    expect([...(form ?? [])]).toEqual([
      ['From', '+919800000001'],
      ['CallerId', '08047000001'],
      ['CustomField', 'ref-1'],
      ['StreamUrl', 'wss://calls.example/exotel/stream'],
      ['StreamType', 'bidirectional'],
      ['TimeLimit', '600'],
      ['StatusCallback', 'https://calls.example/webhooks/exotel/status/secret'],
      ['StatusCallbackContentType', 'application/json'],
      ['StatusCallbackEvents[]', 'answered'],
      ['StatusCallbackEvents[]', 'terminal'],
    ]);
  });

  test('into a flow sends no stream', async () => {
    const url = 'http://my.exotel.com/fake/exoml/start_voice/7';
    await api.connect({ ...request, target: { kind: 'flow', url } });
    const { form } = carrier.requests[0] ?? {};
    expect([form?.get('Url'), form?.has('StreamUrl'), form?.has('StreamType')]).toEqual([url, false, false]);
  });

  const mayExist: Misbehaviour[] = [
    { kind: 'hang' },
    { kind: 'reset' },
    { kind: 'slow', ms: 900 },
    { kind: 'status', status: 500 },
    { kind: 'status', status: 503, retryAfter: '1' },
    { kind: 'status', status: 302 },
    { kind: 'text', text: 'OK' },
    { kind: 'text', text: '{"Call":{"Sid":"x"' },
    { kind: 'without', fields: ['Sid'] },
  ];
  test.each(mayExist)('may have happened after %j, and is tried once', async (misbehaviour) => {
    carrier.misbehave(misbehaviour);
    expect(await patientWith(misbehaviour).connect(request)).toMatchObject({ outcome: 'may_exist' });
    expect(carrier.requests).toHaveLength(1);
  });

  test.each([400, 401, 403, 404, 429])('has not happened after HTTP %d', async (status) => {
    carrier.misbehave({ kind: 'status', status });
    expect(await api.connect(request)).toMatchObject({ outcome: 'refused' });
  });

  test('has not happened when the connection is refused', async () => {
    const nowhere = apiOf({ apiUrl: `http://127.0.0.1:${await freePort()}` });
    expect(await nowhere.connect(request)).toEqual({ outcome: 'refused', reason: 'ECONNREFUSED' });
  });

  test('in XML without a status is placed', async () => {
    carrier.misbehave({ kind: 'text', text: '<TwilioResponse><Call><Sid>x1</Sid></Call></TwilioResponse>' });
    expect(await api.connect(request)).toMatchObject({ outcome: 'placed', report: { callSid: 'x1' } });
  });
});
