import { sumMetric } from './metrics.ts';
import { WRITES_CALLS } from './requests.ts';
import { type Scenario } from './scenario.ts';

export const cutAfterCommit: Scenario = {
  id: 'F20',
  name: 'cut-after-commit',
  title: 'Connections to Postgres are cut after the commit and before the reply',
  pass: 'Each row is written once; the second attempt finds it to be stale.',
  answer: 'The write is done again: the version guard makes it a no-op, and it is acknowledged as stale.',
  loss: 'nothing',
  quick: true,
  run: async (context) => {
    const { postgresProxy } = context;
    // However few writes there are, one of them is cut.
    const first = postgresProxy.setTrap({ mentions: WRITES_CALLS, action: 'cut-reply', times: 1 });
    const others = postgresProxy.setTrap({ mentions: WRITES_CALLS, action: 'cut-reply', probability: 0.4 });
    await context.load().finished;
    first.release();
    others.release();
    await context.recovered();
    const stale = await sumMetric(context, 'persister', 'persist_total', 'result="stale"');
    context.note('cut', first.count + others.count);
    context.note('stale', stale);
    context.expect(first.count > 0, 'no connection was cut');
    context.expect(stale > 0, 'nothing was found to be stale');
  },
};
