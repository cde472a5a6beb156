import { repeatDuring } from '../load/start-load.ts';
import { sumMetric } from './metrics.ts';
import { recoveredWithin } from './recovered-within.ts';
import { type Scenario } from './scenario.ts';

const RESETS_MS = 120_000;

export const resets: Scenario = {
  id: 'F11',
  name: 'resets',
  title: 'Connections to Redis are reset every 200 to 500 ms, for two minutes',
  pass: 'Duplicates have no effect, and no service exits.',
  answer:
    'The outcome of a command in flight is unknown, so it is sent again; a duplicate is recognised by its sequence or its id.',
  loss: 'nothing',
  quick: false,
  run: async (context) => {
    const { redisProxy, rng } = context;
    const load = context.load({ windowMs: RESETS_MS });
    let reset = 0;
    await repeatDuring(
      load,
      () => rng.int(200, 500),
      async () => {
        reset += await redisProxy.resetConnections(0.7);
      },
    );
    context.note('resets', reset);
    const retries = await sumMetric(context, 'gateway', 'gateway_append_retries_total');
    context.note('retries', retries);
    context.expect(reset > 0 && retries > 0, 'no connection was reset, or nothing had to be sent again');
    const duplicates = await sumMetric(context, 'gateway', 'gateway_events_total', 'result="duplicate"');
    context.note('duplicates', duplicates);
    context.expect(duplicates > 0, 'nothing that was sent again was known already');
    await recoveredWithin(context, 10);
  },
};
