import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { waitUntil } from '@turnlog/test-kit';
import { heldCall, openTestSystem, type TestSystem } from './reconciler.test-support.ts';

let system: TestSystem;

beforeEach(async () => {
  system = await openTestSystem();
});

afterEach(async () => {
  await system.close();
});

const asked = (path: RegExp): number => system.carrier.requests.filter((each) => path.test(each.path)).length;
const settled = (callSid: string, state = 'settled', tenant = 'default') =>
  waitUntil(async () => (await system.stateOf({ tenant, callSid }))?.['state'] === state, {
    what: `${callSid} is ${state}`,
    timeoutMs: 15_000,
  });

/** The second question about a call, at the time that the test chooses. */
const AN_HOUR_LATER = { RECHECK_AFTER_MS: '3600000' };
async function passTwoHours(): Promise<void> {
  await system.query(`update call_sessions set ended_at = ended_at - interval '2 hours'`);
  await system.query(`update call_reconciliations set due_at = now()`);
}

describe('a call that ended', () => {
  test('gets its duration, price and recording, and the status that the carrier has', async () => {
    const call = await system.tellOf('CA1', { status: 'failed', durationSeconds: 3 });
    heldCall(system.carrier, 'CA1');
    await system.start();
    await system.answersUntil(call, 2);
    expect(await system.persist(call)).toMatchObject({
      status: 'completed',
      duration_seconds: 45,
      price: '1.250000',
      recording_url: 'https://recordings.example/1.mp3',
      ended_at: new Date('2026-01-25T11:16:10.000Z'),
      version: 3,
    });
  });

  test.each(['null', null])('keeps duration and price where its status is %j', async (Status) => {
    const call = await system.tellOf('CA1', { status: 'busy' });
    heldCall(system.carrier, 'CA1').answerInTurn({ Status, CustomField: 'order 7' });
    await system.start({ CARRIER_CURRENCY: 'inr' });
    await system.answersUntil(call, 1);
    expect(await system.persist(call)).toMatchObject({
      ...{
        status: 'busy',
        duration_seconds: 45,
        price: '1.250000',
        currency: 'INR',
        custom_field: 'order 7',
      },
    });
  });

  test('is asked about twice, and an answer that says the same is recorded once', async () => {
    const call = await system.tellOf('CA1', { status: 'completed', endedAt: new Date().toISOString() });
    heldCall(system.carrier, 'CA1');
    await system.start(AN_HOUR_LATER);
    await waitUntil(async () => (await system.stateOf(call))?.['checks'] === 1, {
      what: 'it was asked about',
    });
    await passTwoHours();
    await settled('CA1');
    expect(asked(/CA1/)).toBe(2);
    expect(await system.answersUntil(call, 2)).toHaveLength(2);
  });

  test('whose price, recording and status come later has them after the second answer', async () => {
    const call = await system.tellOf('CA1', { status: 'completed', endedAt: new Date().toISOString() });
    heldCall(system.carrier, 'CA1').answerInTurn(
      {
        Status: 'in-progress',
        Price: null,
        RecordingUrl: null,
        Duration: null,
        DateUpdated: '2026-01-25 16:46:00',
      },
      { Status: 'completed', Price: null, Duration: '45', DateUpdated: '2026-01-25 16:46:12' },
      { Price: '0.500000', RecordingUrl: 'https://recordings.example/late.mp3' },
    );
    await system.start();
    await waitUntil(async () => Number((await system.stateOf(call))?.['checks']) >= 2, {
      what: 'it was asked twice',
    });
    await system.query(`update call_reconciliations set state = 'due', due_at = now()`);
    await waitUntil(async () => (await system.persist(call)).price === '0.500000', {
      what: 'it has its price',
    });
    expect(await system.persist(call)).toMatchObject({
      status: 'completed',
      duration_seconds: 45,
      recording_url: 'https://recordings.example/late.mp3',
    });
  });

  test('of another tenant is not asked about: the account is not theirs', async () => {
    await system.tellOf('CA1', { status: 'completed' }, 'another');
    const call = await system.tellOf('CA2', { status: 'completed' });
    heldCall(system.carrier, 'CA1');
    heldCall(system.carrier, 'CA2');
    await system.start();
    await system.answersUntil(call, 1);
    await settled('CA2');
    expect(asked(/CA1/)).toBe(0);
    expect(await system.stateOf({ tenant: 'another', callSid: 'CA1' })).toBeUndefined();
  });

  test('that the carrier does not know is left alone after the second time', async () => {
    const call = await system.tellOf('CA1', { status: 'completed', endedAt: new Date().toISOString() });
    await system.start(AN_HOUR_LATER);
    await waitUntil(async () => (await system.stateOf(call))?.['problem'] === 'not found', {
      what: 'it was asked about',
    });
    await passTwoHours();
    await settled('CA1', 'unknown');
    expect(asked(/CA1/)).toBe(2);
    expect(await system.events(call)).toHaveLength(1);
  });
});

test('an answer that says what the last one said does not begin the log of a call anew that has expired', async () => {
  const call = await system.tellOf('CA1', { status: 'completed', endedAt: '2026-01-25T11:16:10.000Z' });
  heldCall(system.carrier, 'CA1');
  await system.start();
  await settled('CA1');
  await system.forget(call);
  await system.query(`update call_reconciliations set state = 'due', due_at = now()`);
  await waitUntil(() => asked(/CA1/) === 2, { what: 'it was asked again' });
  await settled('CA1');
  expect(await system.events(call)).toEqual([]);
});

test('a call that was placed and never streamed gets its end', async () => {
  const call = await system.tellOf('CA1', { status: 'initiated' });
  system.carrier.addCall('CA1', { Status: 'no-answer', EndTime: '2026-01-25 16:46:10', Duration: '0' });
  expect(await system.persist(call)).toMatchObject({ status: 'initiated', ended_at: null });
  await system.start();
  await system.answersUntil(call, 1);
  expect(await system.persist(call)).toMatchObject({
    status: 'no_answer',
    ended_at: new Date('2026-01-25T11:16:10.000Z'),
  });
});

test('several replicas share the work: each call is asked about as often as by one', async () => {
  const sids = Array.from({ length: 12 }, (_, n) => `CA-${n}`);
  for (const sid of sids) {
    await system.tellOf(sid, { status: 'completed', endedAt: '2026-01-25T11:16:10.000Z' });
    heldCall(system.carrier, sid);
  }
  await Promise.all([system.start(), system.start({ INSTANCE: 'b' }), system.start({ INSTANCE: 'c' })]);
  for (const sid of sids) await settled(sid);
  for (const sid of sids) expect([sid, asked(new RegExp(`${sid}\\.json`))]).toEqual([sid, 1]);
});

describe("while the carrier's API", () => {
  test('says 429, no question is sent before the time it named, and the call is not forgotten', async () => {
    const call = await system.tellOf('CA1', { status: 'completed' });
    heldCall(system.carrier, 'CA1');
    system.carrier.misbehave({ kind: 'status', status: 429, retryAfter: '1' });
    await Promise.all([system.start(), system.start({ INSTANCE: 'b' })]);
    await system.answersUntil(call, 1);
    const [first, second] = system.carrier.requests;
    expect((second?.atMs ?? 0) - (first?.atMs ?? 0)).toBeGreaterThanOrEqual(990);
  });

  test('is limited, replicas together keep to the limit', async () => {
    // Ten at once, then four a second.
    const limited = { EXOTEL_REQUESTS_PER_MINUTE: '240' };
    await Promise.all([system.start(limited), system.start({ ...limited, INSTANCE: 'b' })]);
    const startedAtMs = Date.now();
    const sids = Array.from({ length: 16 }, (_, n) => `CA-${n}`);
    for (const sid of sids) {
      heldCall(system.carrier, sid);
      await system.tellOf(sid, { status: 'completed', endedAt: '2026-01-25T11:16:10.000Z' });
    }
    for (const sid of sids) await settled(sid);
    const times = system.carrier.requests.map(({ atMs }) => atMs);
    expect(times).toHaveLength(16);
    expect((times.at(-1) ?? 0) - startedAtMs).toBeGreaterThanOrEqual(1_490);
  });

  test.each([
    { kind: 'status', status: 500 },
    { kind: 'hang' },
    { kind: 'reset' },
    { kind: 'text', text: '<html>Bad gateway</html>' },
    { kind: 'without', fields: ['Status'] },
  ] as const)('answers with %j, the call is asked about later', async (misbehaviour) => {
    const call = await system.tellOf('CA1', { status: 'completed' });
    heldCall(system.carrier, 'CA1');
    system.carrier.misbehave(misbehaviour);
    await system.start({ EXOTEL_TIMEOUT_MS: '2000' });
    await waitUntil(async () => (await system.stateOf(call))?.['failures'] === 1, { what: 'it failed once' });
    expect(await system.stateOf(call)).toMatchObject({ state: 'due' });
    await system.query('update call_reconciliations set due_at = now()');
    await system.answersUntil(call, 1);
    await waitUntil(async () => (await system.stateOf(call))?.['failures'] === 0, { what: 'that is over' });
  });

  test('answers in XML and slowly, the answer counts', async () => {
    const call = await system.tellOf('CA1', { status: 'completed' });
    heldCall(system.carrier, 'CA1');
    system.carrier.misbehaveAlways({ kind: 'xml' });
    system.carrier.misbehave({ kind: 'slow', ms: 200 });
    await system.start();
    await system.answersUntil(call, 1);
    expect(await system.persist(call)).toMatchObject({ price: '1.250000' });
  });

  test('refuses the credentials, the line is for a person on call, and no call is forgotten', async () => {
    const call = await system.tellOf('CA1', { status: 'completed' });
    const { logLines } = await system.start({ EXOTEL_API_TOKEN: 'wrong-token' });
    await waitUntil(() => logLines.some((line) => line.includes('"page":true')), {
      what: 'the line for a person on call',
    });
    await waitUntil(async () => (await system.stateOf(call))?.['problem'] === 'unauthorised', {
      what: 'the list knows why',
    });
    expect(await system.stateOf(call)).toMatchObject({ state: 'due', failures: 0 });
    expect(logLines.join()).not.toContain('wrong-token');
  });
});

describe('an unconfirmed placement', () => {
  const dialled = '+919800000001';
  const place = (reference: string) =>
    system.store.recordPlacement({
      reference,
      tenant: 'default',
      dialled,
      callerId: '08047000001',
      dueInMs: 0,
    });
  const stateOf = async (reference: string) =>
    (
      await system.query(
        'select state, call_sid, dialled, problem from call_placements where reference = $1',
        [reference],
      )
    )[0];

  test('is found in the list, recorded, and never dialled', async () => {
    system.carrier.addCall('CA7', { From: dialled, PhoneNumberSid: '08047000001', Status: 'busy' });
    await place('tl-1');
    const { logLines } = await system.start();
    await system.answersUntil({ tenant: 'default', callSid: 'CA7' }, 1);
    await waitUntil(async () => (await stateOf('tl-1'))?.['state'] === 'found', { what: 'it is found' });
    expect(await stateOf('tl-1')).toMatchObject({ call_sid: 'CA7', dialled: null });
    expect(await system.persist({ tenant: 'default', callSid: 'CA7' })).toMatchObject({ status: 'busy' });
    expect(asked(/connect/)).toBe(0);
    expect(logLines.join()).not.toContain(dialled.slice(3));
  });

  test('is looked for again while no list has it, and given up in the end', async () => {
    await place('tl-2');
    await system.start();
    await waitUntil(async () => (await stateOf('tl-2'))?.['state'] === 'may_exist', { what: 'it may exist' });
    await system.query(
      `update call_placements set due_at = now(), requested_at = now() - interval '40 minutes'`,
    );
    await waitUntil(async () => (await stateOf('tl-2'))?.['state'] === 'not_found', {
      what: 'it is given up',
    });
    expect(await stateOf('tl-2')).toMatchObject({ dialled: null });
    expect(asked(/connect/)).toBe(0);
  });

  test('that could be two calls is left to a person', async () => {
    for (const sid of ['CA7', 'CA8'])
      system.carrier.addCall(sid, { From: dialled, PhoneNumberSid: '08047000001' });
    await place('tl-3');
    await system.start();
    await waitUntil(async () => (await stateOf('tl-3'))?.['state'] === 'ambiguous', {
      what: 'it is ambiguous',
    });
    expect(await system.events({ tenant: 'default', callSid: 'CA7' })).toEqual([]);
  });

  test('does not take a call that another placement is known to have made', async () => {
    for (const sid of ['CA7', 'CA8'])
      system.carrier.addCall(sid, { From: dialled, PhoneNumberSid: '08047000001' });
    await place('tl-4');
    await system.store.savePlacement('tl-4', { state: 'placed', callSid: 'CA7' });
    await place('tl-5');
    await system.start();
    await waitUntil(async () => (await stateOf('tl-5'))?.['state'] === 'found', { what: 'it is found' });
    expect(await stateOf('tl-5')).toMatchObject({ call_sid: 'CA8' });
  });
});

test('without credentials it is off, and says so', async () => {
  await system.tellOf('CA1', { status: 'completed' });
  const none = { EXOTEL_ACCOUNT_SID: '', EXOTEL_API_KEY: '', EXOTEL_API_TOKEN: '' };
  const { logLines, healthUrl } = await system.start(none);
  expect(logLines.join()).toContain('the reconciler is off');
  expect((await fetch(`${healthUrl}/readyz`)).status).toBe(200);
  expect(system.carrier.requests).toEqual([]);
});
