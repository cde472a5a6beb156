import { callId } from '@turnlog/call-events';
import { sleep } from '@turnlog/service-kit';
import { allPartitions, DeadLetters, groupOf, partitionKeys, partitionOf } from '@turnlog/call-log';
import { acceptCall, refuseCall } from './refuse-call.ts';
import { type Context, type Scenario } from './scenario.ts';
import { turnlog } from '../world/turnlog-command.ts';

const REFUSED_CALL = { tenant: 'default', callSid: 'CA-3' };

export const noDeadLetters: Scenario = {
  id: 'F26',
  name: 'no-dead-letters',
  title: 'A row is refused while dead letters cannot be written',
  pass: 'The entry stays pending until the dead letter is written; then it can be replayed.',
  answer:
    'A dead letter and its acknowledgement are one step: without the dead letter, the entry stays pending.',
  loss: 'nothing',
  quick: false,
  stack: { serviceEnv: { persister: { CLAIM_IDLE_MS: '2000' } } },
  run: async (context) => {
    const { redisEye, space } = context;
    const deadKeys = allPartitions(space).map((partition) => partitionKeys(space, partition).dead);
    await refuseCall(context, REFUSED_CALL.callSid);
    for (const key of deadKeys) await redisEye.set(key, 'no stream');
    await context.load({ withoutLine: 0, lateEvents: 0 }).finished;
    await sleep(6_000);
    context.expect(await isPending(context), 'the entry is not pending any more');
    await redisEye.del(deadKeys);
    const id = await untilLetter(context);
    await acceptCall(context);
    await turnlog('dead-letters', 'replay', id, '--redis', context.redis.url);
    await context.recovered();
  },
};

/** Whether an entry of the refused call was delivered and is not acknowledged. */
async function isPending({ redisEye, space }: Context): Promise<boolean> {
  const { persist } = partitionKeys(space, partitionOf(space, REFUSED_CALL));
  const entries = await redisEye.xrange(persist, '-', '+');
  const pending = (await redisEye.xpending(persist, groupOf('persist'), '-', '+', 100)) as [id: string][];
  const ids = new Set(pending.map(([id]) => id));
  return entries.some(([id, fields]) => ids.has(id) && fields.includes(callId(REFUSED_CALL)));
}

async function untilLetter({ redisEye, space }: Context): Promise<string> {
  const deadline = performance.now() + 30_000;
  while (performance.now() < deadline) {
    const [letter] = await new DeadLetters(redisEye, space).list();
    if (letter !== undefined) return letter.id;
    await sleep(100);
  }
  throw new Error('no dead letter was written when it was possible again');
}
