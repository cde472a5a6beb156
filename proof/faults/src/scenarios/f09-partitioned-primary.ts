import { sleep } from '@turnlog/service-kit';
import { groupOf, untilPromoted, untilReplicated } from './failover.ts';
import { sumMetric } from './metrics.ts';
import { recoveredWithin } from './recovered-within.ts';
import { type Scenario } from './scenario.ts';

export const partitionedPrimary: Scenario = {
  id: 'F9c',
  name: 'partitioned-primary',
  title:
    'The primary and all services are cut off from the replica, which is promoted; later the partition heals',
  pass: 'What the old primary accepted meanwhile, and then discarded, is in the record.',
  answer:
    'Clients leave the old primary when a Sentinel announces the new one or the old one refuses writes (READONLY); gateways send again what the new one lacks.',
  loss: 'nothing',
  quick: false,
  stack: { hasReplica: true, hasSpool: true },
  run: async (context) => {
    const { size, rng, ledger } = context;
    const group = groupOf(context);
    await untilReplicated(context);
    const load = context.load({ windowMs: size.windowMs * 1.5 });
    await sleep(size.windowMs / 3);
    group.partition();
    await untilPromoted(context);
    // For this time there are two primaries, and the services write to the wrong one.
    const before = ledger.count('acknowledged');
    await sleep(rng.int(2_000, 5_000));
    const astray = ledger.count('acknowledged') - before;
    group.heal();
    context.note('acknowledged by the wrong primary', astray);
    context.expect(astray > 0, 'the old primary took nothing while there were two');
    await recoveredWithin(context, 15);
    await load.finished;
    const gaps = await sumMetric(context, 'gateway', 'gateway_gaps_total');
    context.note('gaps', gaps);
    context.expect(gaps > 0, 'the old primary has lost nothing: no gateway had to send again');
  },
};
