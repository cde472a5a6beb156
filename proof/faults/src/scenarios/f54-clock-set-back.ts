import { measureFeedLag } from '@turnlog/call-log';
import { placeCall, type SimulatedCall } from '@turnlog/exotel-simulator';
import { sleep } from '@turnlog/service-kit';
import { untilQuiet } from '../oracle/quiescence.ts';
import { turnlog } from '../world/turnlog-command.ts';
import { SAVES_STATE, WRITES_CALLS } from './requests.ts';
import { type Context, type Scenario } from './scenario.ts';
import { setBack } from './set-back.ts';
import { until } from './until.ts';

/** Claims of persisters take 15 s by default. */
const CLAIMED_WITHIN_MS = 45_000;
/** Slots of calls without a heartbeat are free after 45 s. */
const FREE_WITHIN_MS = 75_000;
const HEARD_AFTER_MS = 2_500;
const MAX_CALLS = 2;

export const clockSetBack: Scenario = {
  id: 'F54',
  name: 'clock-set-back',
  title:
    'The clock of Redis is set back by an hour, while a persister and a session service die with pending entries, and a gateway with the last call slots of a tenant',
  pass: 'Other replicas claim the entries and take the slots as soon as they would have with a correct clock.',
  answer:
    'A time in the future counts as now: the next process that reads it resets it to the clock of Redis.',
  loss: 'nothing',
  quick: false,
  stack: { gateways: 2 },
  run: async (context) => {
    const { stack, size, postgresProxy, redisProxy } = context;
    const load = context.load({ withoutLine: 0 });
    await sleep(size.windowMs / 2);
    const traps = [
      postgresProxy.setTrap({ mentions: WRITES_CALLS, action: 'hold-request', times: 1 }),
      redisProxy.setTrap({ mentions: SAVES_STATE, action: 'hold-request', times: 1 }),
    ];
    await Promise.all(traps.map(({ sprung }) => sprung));
    for (const kind of ['persister', 'session'] as const) {
      const service = stack.service(`${kind}-1`);
      service.kill('SIGKILL');
      await service.stop();
    }
    const inHand = await countPending(context);
    context.note('pending entries', inHand);
    context.expect(inHand > 0, 'the dead services had no pending entries');
    const moved = await setBack(context);
    context.expect(moved >= inHand, `${moved} deliveries of ${inHand} are ahead of the clock`);
    for (const trap of traps) trap.release();
    // Under other names: they get the dead services' entries only by a claim.
    for (const kind of ['persister', 'session'] as const) {
      await stack.service(`${kind}-1`).restart({ INSTANCE: `${kind}-after` });
    }
    await load.finished;
    for (const { problem } of await untilQuiet(context, CLAIMED_WITHIN_MS)) context.expect(false, problem);
    await context.recovered();
    await losePlaces(context);
  },
};

async function countPending({ redisEye, space }: Context): Promise<number> {
  const lags = await Promise.all(
    (['activity', 'persist'] as const).map((feed) => measureFeedLag(redisEye, space, feed)),
  );
  return lags.reduce((sum, { pending }) => sum + pending, 0);
}

/** A gateway dies with all slots of a tenant, and the clock is set back once more. */
async function losePlaces(context: Context): Promise<void> {
  const { stack, redis, postgres, ledger } = context;
  const servers = ['--json', '--redis', redis.url, '--database', postgres.url];
  const added = await turnlog('tenants', 'add', 'acme', ...servers);
  await turnlog('tenants', 'set', 'acme', '--max-calls', String(MAX_CALLS), ...servers);
  await sleep(HEARD_AFTER_MS);
  const { secrets } = JSON.parse(added) as { secrets: { kind: string; secret: string }[] };
  const secret = secrets.find(({ kind }) => kind === 'stream')?.secret ?? '';
  const lines: SimulatedCall[] = [];
  const dial = async (gateway: number): Promise<boolean> => {
    const callSid = `CAplace-${lines.length + 1}`;
    const url = (stack.streamUrls[gateway - 1] ?? '').replace('ws://', `ws://acme:${secret}@`);
    const line = placeCall({
      url,
      callSid,
      audio: 0.1,
      frameMs: 500,
      hangUpAfterMs: Infinity,
      handshakeAttempts: 1,
    });
    if (!(await line.connected)) return false;
    lines.push(line);
    return true;
  };
  for (let count = 0; count < MAX_CALLS; count += 1) {
    context.expect(await dial(2), 'a tenant did not get its slots');
  }
  context.expect(!(await dial(1)), 'a tenant got more slots than it has');
  stack.service('gateway-2').kill('SIGKILL');
  await stack.service('gateway-2').stop();
  for (const { callSid } of lines) ledger.lineEnded(callSid, 'cut');
  await setBack(context);
  const startedAtMs = performance.now();
  const isFree = await until(() => dial(1), FREE_WITHIN_MS);
  context.note('slots free after', `${((performance.now() - startedAtMs) / 1_000).toFixed(0)} s`);
  context.expect(isFree, 'the slots of a dead gateway were still taken');
  for (const line of lines.slice(MAX_CALLS)) {
    line.hangUp();
    await line.finished;
    ledger.lineEnded(line.callSid, 'hung-up');
  }
  await stack.service('gateway-2').start();
}
