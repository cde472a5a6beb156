import { partitionKeys, partitionOf } from '@turnlog/call-log';
import { sleep } from '@turnlog/service-kit';
import { whyNotReady } from './new-call.ts';
import { type Context, type Scenario } from './scenario.ts';
import { until } from './until.ts';

/** Partitions whose feeds have the keys of another program, one each. */
const PERSIST_TAKEN = 3;
const ACTIVITY_TAKEN = 9;
const RED_WITHIN_MS = 90_000;
const RECORDED_WITHIN_MS = 30_000;

export const foreignKeys: Scenario = {
  id: 'F50',
  name: 'foreign-keys',
  title:
    'Another program has written keys with Turnlog’s prefix: over feeds of two of 16 partitions, and in other forms',
  pass: 'Calls of the other partitions are recorded, persister and session report that they are not ready and why, and recover when the keys are deleted.',
  answer:
    'Each partition fails alone: its cause is logged, readiness fails after a while, and it is read again when that is possible.',
  loss: 'nothing acknowledged',
  quick: false,
  run: async (context) => {
    const { stack, redisEye, space } = context;
    const persist = partitionKeys(space, PERSIST_TAKEN).persist;
    const activity = partitionKeys(space, ACTIVITY_TAKEN).activity;
    await redisEye.multi().del(persist).set(persist, 'another program’s').exec();
    await redisEye.multi().del(activity).set(activity, 'another program’s').exec();
    await plantOddKeys(context);
    const load = context.load({ withoutLine: 0, via: ['http'] });
    const isRed = async (service: string): Promise<boolean> =>
      (await whyNotReady(context, service)) !== undefined;
    for (const [service, partition] of [
      ['persister-1', PERSIST_TAKEN],
      ['session-1', ACTIVITY_TAKEN],
    ] as const) {
      context.expect(await until(() => isRed(service), RED_WITHIN_MS), `${service} stayed ready`);
      const reason = (await whyNotReady(context, service)) ?? '';
      context.note(`${service} says`, reason.slice(0, 200));
      context.expect(reason.includes(String(partition)), `${service} does not name its partition`);
    }
    // By then the calls of the other partitions are over.
    await sleep(context.size.windowMs);
    await expectOthersRecorded(context);
    await redisEye.del(persist, activity);
    await load.finished;
    await context.recovered();
    for (const { name } of stack.services) {
      const isGreen = await until(
        async () => (await whyNotReady(context, name)) === undefined,
        RED_WITHIN_MS,
      );
      context.expect(isGreen, `${name} is not ready although the keys are gone`);
    }
  },
};

/** Names that look similar to ours. */
async function plantOddKeys({ redisEye, space: { prefix } }: Context): Promise<void> {
  const odd = [
    '',
    'cache',
    '{p03}',
    '{p03}:',
    '{p03}:call:',
    '{p03}:call:no-slash:log',
    '{p99}:persist',
    '{p03}:persist:x',
  ];
  for (const [index, name] of odd.entries()) {
    const key = `${prefix}${name}`;
    if (index % 2 === 0) await redisEye.set(key, 'another program’s');
    else await redisEye.rpush(key, 'another program’s');
  }
}

/** Calls of the other partitions are in Postgres while those of the broken ones are not. */
async function expectOthersRecorded(context: Context): Promise<void> {
  const { ledger, space, store } = context;
  const isSound = (callSid: string): boolean => {
    const partition = partitionOf(space, { tenant: 'default', callSid });
    return partition !== PERSIST_TAKEN && partition !== ACTIVITY_TAKEN;
  };
  const over = ledger.calls().filter(({ lineEnds, callSid }) => lineEnds.length > 0 && isSound(callSid));
  context.expect(over.length > 0, 'no call of another partition was over');
  for (const { callSid } of over) {
    const isRecorded = async (): Promise<boolean> => (await store.readCall(callSid))?.status === 'completed';
    context.expect(await until(isRecorded, RECORDED_WITHIN_MS), `${callSid} was not recorded meanwhile`);
  }
  context.note('recorded meanwhile', over.length);
}
