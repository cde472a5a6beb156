import { sleep } from '@turnlog/service-kit';
import { untilQuiet } from '../oracle/quiescence.ts';
import { type Context, type Scenario } from './scenario.ts';

const SECRET = 'the-webhook-secret-of-this-scenario';
/** An address on the list, and one that is not, as the proxy in front of the gateways reports it. */
const CARRIER = '203.0.113.9';
const STRANGER = '198.51.100.7';
const REPLAYS = 10;

export const webhooks: Scenario = {
  id: 'F38',
  name: 'webhooks',
  title:
    'Callbacks are forged under wrong secrets and paths and from wrong addresses, and a real one is replayed, during and after calls',
  pass: 'A forged callback is answered 404 and changes nothing, live or recorded; a replayed one has no further effect.',
  answer:
    'Each tenant has an unguessable address, and a list of allowed client addresses; every wrong request gets the same answer; a duplicate is recognised by its content.',
  loss: 'nothing',
  quick: false,
  stack: {
    gateways: 2,
    serviceEnv: {
      gateway: {
        WEBHOOK_SECRET: SECRET,
        WEBHOOK_ADDRESSES: '203.0.113.0/24',
        TRUSTED_PROXIES: '127.0.0.1',
      },
    },
  },
  run: async (context) => {
    const load = context.load({ withoutLine: 0, lateEvents: 0 }, 'CAcalled');
    await sleep(context.size.windowMs / 2);
    const duringCalls = await forge(context, 'CAcalled-1');
    await load.finished;
    await untilAllQuiet(context);

    const before = await allRows(context);
    const believed = [...before.values()].filter((row) => row.includes('evil.example'));
    context.expect(believed.length === 0, `forged callbacks during calls are in ${believed.length} rows`);
    const afterwards = await forge(context, 'CAcalled-2');
    const nobodys = await forge(context, 'CAnobodys');
    context.note('forged', duringCalls + afterwards + nobodys);
    await untilAllQuiet(context);
    expectSame(context, before, await allRows(context), 'forged callbacks');
    const keys = await context.redisEye.keys('*CAnobodys*');
    context.expect(keys.length === 0, `a forged callback has left ${keys.join(', ')}`);

    await replay(context, 'CAcalled-3');
  },
};

/** Sends forged callbacks, wrong in every way. Returns their number. */
async function forge({ stack, expect }: Context, callSid: string): Promise<number> {
  const [base = ''] = stack.gatewayUrls;
  const fields = new URLSearchParams({
    CallSid: callSid,
    Status: 'failed',
    RecordingUrl: 'https://evil.example/1',
  });
  const right = `/webhooks/exotel/status/${SECRET}`;
  const attempts: readonly (readonly [what: string, path: string, hops: string, status: number])[] = [
    ['a wrong secret', `${right}x`, CARRIER, 404],
    ['a part of the secret', right.slice(0, -1), CARRIER, 404],
    ['another case', `/webhooks/exotel/status/${SECRET.toUpperCase()}`, CARRIER, 404],
    ['an encoded secret', `/webhooks/exotel/status/%74${SECRET.slice(1)}`, CARRIER, 404],
    ['no secret', '/webhooks/exotel/status/', CARRIER, 404],
    ['another kind', `/webhooks/exotel/other/${SECRET}`, CARRIER, 404],
    ['the secret elsewhere', `/webhooks/exotel/status?secret=${SECRET}`, CARRIER, 404],
    ['more after the secret', `${right}/more`, CARRIER, 404],
    ['an address that is not on the list', right, STRANGER, 404],
    ['a forged address before its own', right, `${CARRIER}, ${STRANGER}`, 404],
    ['no address at all', right, '', 404],
  ];
  for (const [what, path, hops, expected] of attempts) {
    const headers = hops === '' ? {} : { 'x-forwarded-for': hops };
    const response = await fetch(base + path, { method: 'POST', body: fields, headers });
    await response.arrayBuffer();
    expect(response.status === expected, `a callback with ${what} was answered ${response.status}`);
  }
  return attempts.length;
}

/**
 * A real callback counts once, however often and at whichever gateway it arrives; an older one changes
 * nothing.
 */
async function replay(context: Context, callSid: string): Promise<void> {
  const real = {
    Status: 'completed',
    DateUpdated: '2026-01-25 16:46:12',
    RecordingUrl: 'https://calls.example/1',
  };
  const older = { Status: 'in-progress', DateUpdated: '2026-01-25 16:40:00' };
  for (const fields of [real, older]) await callBack(context, 0, { CallSid: callSid, ...fields });
  await untilAllQuiet(context);
  const row = await context.store.readCall(callSid);
  context.expect(row?.recording_url === real.RecordingUrl, 'the real callback did not add the recording');
  context.expect(row?.status === 'completed', `after an older callback the call is ${row?.status}`);

  const before = await allRows(context);
  const answers = await Promise.all(
    Array.from({ length: REPLAYS }, (_, index) =>
      callBack(context, index % 2, { CallSid: callSid, ...(index % 3 === 0 ? older : real) }),
    ),
  );
  context.note('replayed', REPLAYS);
  for (const answer of new Set(answers)) context.expect(answer === '200 duplicate', `a replay: ${answer}`);
  await untilAllQuiet(context);
  expectSame(context, before, await allRows(context), 'replays');
}

async function callBack(
  { stack }: Context,
  gateway: number,
  fields: Readonly<Record<string, string>>,
): Promise<string> {
  const url = `${stack.gatewayUrls[gateway] ?? ''}/webhooks/exotel/status/${SECRET}`;
  const headers = { 'x-forwarded-for': CARRIER };
  const response = await fetch(url, { method: 'POST', body: new URLSearchParams(fields), headers });
  return `${response.status} ${((await response.json()) as { status?: string }).status ?? ''}`;
}

async function untilAllQuiet(context: Context): Promise<void> {
  for (const violation of await untilQuiet(context, 60_000)) context.expect(false, violation.problem);
}

/** The exact contents of the record. */
async function allRows({ sql }: Context): Promise<ReadonlyMap<string, string>> {
  const { rows } = await sql.query<{ call_sid: string; whole: string }>(
    'select call_sid, to_jsonb(call_sessions)::text as whole from call_sessions',
  );
  return new Map(rows.map(({ call_sid: callSid, whole }) => [callSid, whole]));
}

function expectSame(
  { expect }: Context,
  before: ReadonlyMap<string, string>,
  after: ReadonlyMap<string, string>,
  what: string,
): void {
  const changed = [...after].filter(([callSid, whole]) => before.get(callSid) !== whole);
  const told = changed.map(([callSid]) => callSid).join(', ');
  expect(changed.length === 0 && before.size === after.size, `${what} have changed ${told}`);
}
