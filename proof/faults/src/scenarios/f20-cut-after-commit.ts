import { sumMetric } from './metrics.ts';
import { WRITES_CALLS } from './requests.ts';
import { type Scenario } from './scenario.ts';

export const cutAfterCommit: Scenario = {
  id: 'F20',
  name: 'cut-after-commit',
  title: 'Connections to Postgres are cut after the commit and before the reply',
  pass: 'Each row is written once; the second attempt finds it to be stale.',
  answer: 'The write is repeated: the version guard makes it a no-op, and it is acknowledged as stale.',
  loss: 'nothing',
  quick: true,
  run: async (context) => {
    const { postgresProxy } = context;
    // However few writes there are, one that is the last of its call is cut. A long write arrives in several
    // chunks, and its name is in the first one.
    const last = postgresProxy.setTrap({ mentions: ['callended'], action: 'cut-reply', times: 1 });
    const others = postgresProxy.setTrap({ mentions: WRITES_CALLS, action: 'cut-reply', probability: 0.4 });
    await context.load().finished;
    last.release();
    others.release();
    await context.recovered();
    const stale = await sumMetric(context, 'persister', 'persist_total', 'result="stale"');
    context.note('cut', last.count + others.count);
    context.note('stale', stale);
    context.expect(last.count > 0, 'no connection was cut at the end of a call');
    context.expect(stale > 0, 'nothing was found to be stale');
  },
};
