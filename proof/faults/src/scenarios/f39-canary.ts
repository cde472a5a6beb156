import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { callKeys, partitionKeys, partitionOf } from '@turnlog/call-log';
import { ExactNumber, type JsonValue } from '@turnlog/call-events';
import { sleep } from '@turnlog/service-kit';
import { CANARY_PHONE, canariesIn, canary, playCarrier, readLogs, readOps } from '@turnlog/test-kit';
import { planCalls } from '../load/plan-calls.ts';
import { type AgentMessage, type PlannedCall } from '../ledger/planned-call.ts';
import { playCalls } from '../load/start-load.ts';
import { untilQuiet } from '../oracle/quiescence.ts';
import { acceptCall, refuseCall } from './refuse-call.ts';
import { type Context, type Scenario } from './scenario.ts';
import { turnlog, turnlogOutput } from '../world/turnlog-command.ts';

const GATEWAY = 'gateway-1';
const SECRET = 'qzxcanary-the-webhook-secret';
const BROKEN_CALL = 'CAcanary-1';
const REFUSED_CALL = 'CAcanary-2';
const ODD_CALL = 'CAodd';
const MAX_TOLD = 5;
const LOUD = { LOG_LEVEL: 'trace', LOG_PHONE_KEY: 'qzxcanary-the-key-of-phones' };
/** Log messages that must occur: otherwise the failing paths were not taken. */
const TOLD = [
  'unknown event from the carrier',
  'invalid frame from the carrier',
  'Call stopped',
  'events are not acknowledged; sending them again',
  'all events of the spool are in Redis',
  'a log entry is not an event',
  'set aside as a dead letter',
  'Failed to persist session to database',
];

export const canaries: Scenario = {
  id: 'F39',
  name: 'canary',
  title:
    'Canary phone numbers, names, words, values and secrets go through every path, also while Redis, Postgres and services die, and with bad data',
  pass: 'No output contains a canary: no log at its most verbose level, including those of the servers, no metric, no list of dead letters.',
  answer:
    'A log line contains only fields on an allow list and, of errors, what a server reports about itself.',
  loss: 'nothing',
  quick: false,
  stack: {
    hasSpool: true,
    serviceEnv: { gateway: { ...LOUD, WEBHOOK_SECRET: SECRET }, session: LOUD, persister: LOUD },
  },
  // The entry that is not an event stays: it cannot become one.
  expectations: { deadLetters: [BROKEN_CALL] },
  run: async (context) => {
    await refuseCall(context, REFUSED_CALL);
    const load = playCalls(context, markedCalls(context));
    await sleep(context.size.windowMs / 4);
    await oddCall(context);
    await callBacks(context);
    await breakEverything(context);
    await load.finished;
    await untilAllQuiet(context);
    // After the last event of a call that is over: before one it would be a hole in the archive.
    await plantNoEvent(context);
    await untilAllQuiet(context);

    const { rows } = await context.sql.query<{ marked: number }>(
      `select count(*)::integer as marked from call_sessions where full_transcript::text like '%qzxcanary%'`,
    );
    context.note('marked rows', rows[0]?.marked ?? 0);
    context.expect((rows[0]?.marked ?? 0) > context.size.calls / 2, 'the marks are not in the record');
    await expectNoMarks(context);

    await acceptCall(context);
    await replayRefused(context);
  },
};

async function untilAllQuiet(context: Context): Promise<void> {
  for (const violation of await untilQuiet(context, 60_000)) context.expect(false, violation.problem);
}

/** The calls of a load with all their texts marked. */
function markedCalls({ size, rng }: Context): PlannedCall[] {
  const calls = planCalls({ ...size, withoutLine: 0 }, rng.fork('canaries'), 'CAcanary');
  return calls.map((call) => ({
    ...call,
    events: call.events.map((event) => ({ ...event, message: marked(event.message) })),
  }));
}

function marked({ event, id, ...said }: AgentMessage): AgentMessage {
  return { event, id, ...(mark(said) as Record<string, JsonValue>) };
}

/** Marks every text; `speaker` is not one. */
function mark(value: JsonValue, name = ''): JsonValue {
  if (typeof value === 'string') return name === 'speaker' ? value : `${canary(name)}: ${value}`;
  if (Array.isArray(value)) return value.map((item) => mark(item, name));
  if (typeof value !== 'object' || value === null || value instanceof ExactNumber) return value;
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, mark(inner, key)]));
}

/** Frames that are wrong in many ways, and messages that are refused. */
async function oddCall({ stack, ledger }: Context): Promise<void> {
  const start = { stream_sid: 's1', call_sid: ODD_CALL, from: CANARY_PHONE, to: CANARY_PHONE };
  const frames = [
    {
      event: 'start',
      stream_sid: 's1',
      start: { ...start, custom_parameters: { name: canary('parameter') } },
    },
    `{"event":"media","media":{"payload":"${canary('torn frame')}`,
    { event: canary('event'), text: canary('event') },
    { event: 'qzxcanary' },
    { event: 'media', stream_sid: 's1', media: { payload: canary('payload') } },
    { event: 'mark', stream_sid: 's1', mark: { name: canary('mark') } },
  ];
  const last = { event: 'stop', stream_sid: 's1', stop: { call_sid: ODD_CALL, reason: 'Ramesh' } };
  const url = `${stack.streamUrls[0] ?? ''}?name=${encodeURIComponent(canary('query'))}`;
  await playCarrier(url, frames, { wait: () => sleep(200), last });
  ledger.lineEnded(ODD_CALL, 'hung-up');

  const bodies = [
    JSON.stringify({
      event: 'turn',
      id: 'odd',
      turn: { speaker: canary('speaker'), text: canary('refused') },
    }),
    `{"event":"turn","text":"${canary('torn body')}`,
  ];
  const base = stack.gatewayUrls[0] ?? '';
  for (const body of bodies) await post(`${base}/v1/calls/${ODD_CALL}/events`, body);
  await post(`${base}/${encodeURIComponent(canary('path'))}?phone=${encodeURIComponent(CANARY_PHONE)}`, '{}');
}

/** The carrier's callbacks, valid and invalid ones. */
async function callBacks({ stack }: Context): Promise<void> {
  const base = `${stack.gatewayUrls[0] ?? ''}/webhooks/exotel`;
  const fields = { CallSid: ODD_CALL, Status: 'completed', From: CANARY_PHONE, CustomField: canary('field') };
  await post(`${base}/status/${SECRET}`, JSON.stringify(fields));
  await post(
    `${base}/passthru/${SECRET}`,
    JSON.stringify({ CallSid: ODD_CALL, Stream: { Error: canary('error') } }),
  );
  await post(`${base}/status/${SECRET}-wrong`, JSON.stringify(fields));
  await post(`${base}/status/${SECRET}`, `{"From":"${canary('torn callback')}`);
}

/** Every component that logs errors gets them with marked calls. */
async function breakEverything({ stack, redisProxy, postgres }: Context): Promise<void> {
  await redisProxy.down();
  await sleep(2_000);
  const gateway = stack.service(GATEWAY);
  gateway.kill('SIGKILL');
  await gateway.untilDown();
  await redisProxy.up();
  await gateway.start();
  for (const name of ['session-1', 'persister-1']) stack.service(name).kill('SIGKILL');
  await postgres.crash();
  await sleep(1_000);
  await postgres.start();
}

/** An entry that no version of this system has written. */
async function plantNoEvent({ redisEye, space }: Context): Promise<void> {
  const call = { tenant: 'default', callSid: BROKEN_CALL };
  const { log, head } = callKeys(space, call);
  const { activity, persist } = partitionKeys(space, partitionOf(space, call));
  const seq = await redisEye.hincrby(head, 'seq', 1);
  await redisEye.xadd(log, `${seq}-0`, 'e', `{"v":1,"type":"turn.completed","text":"${canary('no event')}"}`);
  await redisEye.xadd(activity, '*', 'c', `default/${BROKEN_CALL}`, 's', seq);
  await redisEye.xadd(persist, '*', 'c', `default/${BROKEN_CALL}`, 's', seq, 'r', 'late');
}

async function expectNoMarks(context: Context): Promise<void> {
  const { stack, folder, redis, postgres, notices, expect } = context;
  const [atRedis, atPostgres] = [
    ['--redis', redis.url],
    ['--database', postgres.url],
  ];
  const serverLog = (name: string): Promise<string> =>
    readFile(path.join(folder, name, `${name}.log`), 'utf8');
  const logs = await readLogs(stack);
  for (const told of TOLD) expect(logs.includes(told), `no service has logged: ${told}`);
  const written: Record<string, string> = {
    'the services’ logs': logs,
    'the log of Postgres': await serverLog('postgres'),
    'the log of Redis': await serverLog('redis'),
    'metrics and health': await readOps(stack),
    notices: notices.join('\n'),
    'dead-letters list': await turnlog('dead-letters', 'list', ...atRedis),
    'dead-letters list --json': await turnlog('dead-letters', 'list', '--json', ...atRedis),
    // While a row is refused it may report problems; its output must be clean as well.
    'verify --all': await turnlogOutput('verify', '--all', '--json', ...atPostgres),
  };
  for (const [what, text] of Object.entries(written)) {
    for (const line of canariesIn(text).slice(0, MAX_TOLD)) expect(false, `${what}: ${line.slice(0, 400)}`);
  }
  context.note('bytes looked through', Object.values(written).join('').length);
}

async function replayRefused(context: Context): Promise<void> {
  const listed = await turnlog('dead-letters', 'list', '--json', '--redis', context.redis.url);
  const letters = JSON.parse(listed) as { id: string; call: { callSid: string } }[];
  const refused = letters.filter(({ call }) => call.callSid === REFUSED_CALL);
  context.expect(refused.length === 1, `there are ${refused.length} dead letters of ${REFUSED_CALL}, not 1`);
  for (const { id } of refused) await turnlog('dead-letters', 'replay', id, '--redis', context.redis.url);
}

async function post(url: string, body: string): Promise<void> {
  const headers = { 'content-type': 'application/json', connection: 'close' };
  await (await fetch(url, { method: 'POST', body, headers })).arrayBuffer();
}
