import { callKeys } from '@turnlog/call-log';
import { sleep } from '@turnlog/service-kit';
import { untilQuiet } from '../oracle/quiescence.ts';
import { reportOverHttp } from '../load/reporter.ts';
import { sumMetric } from './metrics.ts';
import { type Context, type Scenario } from './scenario.ts';

const FIVE_MINUTES_MS = 300_000;

export const lateFinals: Scenario = {
  id: 'F29',
  name: 'late-finals',
  title: 'Turns arrive five minutes after the end, and again when the call’s keys have expired',
  pass: 'Each raises the row, and lowers none.',
  answer:
    'The call is persisted again after each late event; after its keys have expired, it is merged with the archive.',
  loss: 'nothing',
  quick: true,
  stack: { serviceEnv: { session: { LOST_AFTER_MS: '3000' } } },
  run: async (context) => {
    const load = context.load({ calls: 10, eventsPerCall: 6, windowMs: 1_500, withoutLine: 0 });
    const callSids = load.calls.map(({ callSid }) => callSid);
    await load.finished;
    await quiet(context);
    const versions = await readVersions(context);
    await reportLate(context, callSids, 'late');
    await quiet(context);
    await expectRaised(context, versions, 1);

    await expire(context, callSids);
    await reportLate(context, callSids, 'later');
    await quiet(context);
    // The new log of each has no connection: when nothing more comes, it also gets its end, as `quiet`.
    await expectRaised(context, versions, 3);
  },
};

async function quiet(context: Context): Promise<void> {
  for (const violation of await untilQuiet(context, 60_000)) context.expect(false, violation.problem);
}

async function readVersions({ sql }: Context): Promise<Map<string, number>> {
  const { rows } = await sql.query<{ call_sid: string; version: number }>(
    'select call_sid, version from call_sessions',
  );
  return new Map(rows.map(({ call_sid: callSid, version }) => [callSid, version]));
}

async function expectRaised(
  context: Context,
  before: ReadonlyMap<string, number>,
  by: number,
): Promise<void> {
  const now = await readVersions(context);
  for (const [callSid, version] of before) {
    const raised = (now.get(callSid) ?? 0) - version;
    context.expect(raised === by, `${callSid} was raised by ${raised} versions, not ${by}`);
  }
}

async function reportLate(
  { ledger, stack }: Context,
  callSids: readonly string[],
  id: string,
): Promise<void> {
  for (const callSid of callSids) {
    const message = {
      event: 'turn',
      id,
      timestamp: Date.now() + FIVE_MINUTES_MS,
      turn: { speaker: 'user', text: id },
    };
    const event = ledger.sent(callSid, message);
    const [answer] = await reportOverHttp(stack.gatewayUrls[0] ?? '', callSid, [message]);
    if (answer?.code === undefined && answer !== undefined) ledger.acknowledged(callSid, event);
  }
}

/** Expires the keys of ended calls before their time, once no gateway keeps events to resend. */
async function expire(context: Context, callSids: readonly string[]): Promise<void> {
  const { redisEye, space } = context;
  while ((await sumMetric(context, 'gateway', 'gateway_retained_bytes')) > 0) await sleep(100);
  const keys = callSids.flatMap((callSid) =>
    Object.values<string>({ ...callKeys(space, { tenant: 'default', callSid }) }),
  );
  const left = await Promise.all(keys.map((key) => redisEye.pttl(key)));
  context.expect(!left.includes(-1), 'a key of an ended call has no expiry');
  await Promise.all(keys.map((key) => redisEye.pexpire(key, 1)));
  while ((await redisEye.exists(keys)) > 0) await sleep(10);
}
