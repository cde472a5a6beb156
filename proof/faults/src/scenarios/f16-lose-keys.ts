import { callKeys } from '@turnlog/call-log';
import { repeatDuring } from '../load/start-load.ts';
import { sumMetric } from './metrics.ts';
import { type Context, type Scenario } from './scenario.ts';
import { watchLowering } from './watch-lowering.ts';

export const loseKeys: Scenario = {
  id: 'F16',
  name: 'lose-keys',
  title: 'Keys of calls in progress are deleted: live states, and whole logs',
  pass: 'Live states are folded again; logs are filled again by the gateways; no row is ever lowered.',
  answer: 'A gateway that still has the call sends it again; the new epoch is merged with the archive.',
  loss: 'nothing',
  quick: false,
  run: async (context) => {
    const { rng, redisEye } = context;
    const countLowered = await watchLowering(context);
    const load = context.load();
    let lostStates = 0;
    let lostLogs = 0;
    await repeatDuring(
      load,
      () => rng.int(100, 400),
      async () => {
        const { callSid } = rng.pick(load.calls);
        const keys = callKeys(context.space, { tenant: 'default', callSid });
        if (rng.chance(0.7)) lostStates += await redisEye.del(keys.session, keys.turns);
        else if (await isOpen(context, callSid))
          lostLogs += await redisEye.del(keys.head, keys.log, keys.ids, keys.session, keys.turns);
      },
    );
    context.note('lost keys of states', lostStates);
    context.note('lost keys of logs', lostLogs);
    const gaps = await sumMetric(context, 'gateway', 'gateway_gaps_total');
    context.note('gaps', gaps);
    context.expect(
      lostStates > 0 && lostLogs > 0 && gaps > 0,
      'no state or no log of a call in progress was lost',
    );
    await context.recovered();
    const lowered = await countLowered();
    context.expect(lowered === 0, `${lowered} rows were lowered`);
  },
};

/** A finished call would be no test: its gateway may drop it once it is in Postgres. */
async function isOpen({ redisEye, space }: Context, callSid: string): Promise<boolean> {
  const open = await redisEye.hget(callKeys(space, { tenant: 'default', callSid }).head, 'open');
  return Number(open) > 0;
}
