import { sleep } from '@turnlog/service-kit';
import { untilReplicated } from './failover.ts';
import { sumMetric } from './metrics.ts';
import { recoveredWithin } from './recovered-within.ts';
import { type Scenario } from './scenario.ts';

export const keptConnections: Scenario = {
  id: 'F53',
  name: 'kept-connections',
  title: 'Behind a proxy that keeps connections, Redis fails over to a replica that lacks the newest writes',
  pass: 'Nothing is lost although no connection broke: neither from connections nor from HTTP.',
  answer:
    'Each append returns the server run that accepted it; when that changes, gateways send again what the server lacks.',
  loss: 'nothing',
  quick: true,
  stack: { hasStandby: true, hasSpool: true },
  run: async (context) => {
    const { size, rng, redis, ledger, standby } = context;
    if (standby === undefined) throw new Error('this scenario needs a standby');
    await untilReplicated(context);
    const load = context.load({ windowMs: size.windowMs * 1.5 });
    await sleep(size.windowMs / 3);
    standby.starve();
    const before = ledger.count('acknowledged');
    await sleep(rng.int(1_000, 3_000));
    const missed = ledger.count('acknowledged') - before;
    const kept = await standby.takeOver();
    await redis.crash();
    context.note('missed by the replica', missed);
    context.note('connections kept', kept);
    context.expect(missed > 0 && kept > 0, 'the replica has missed nothing, or every connection broke');
    await recoveredWithin(context, 15);
    await load.finished;
    for (const via of ['socket', 'http']) {
      const gaps = await sumMetric(context, 'gateway', 'gateway_gaps_total', `via="${via}"`);
      context.note(`gaps over ${via}`, gaps);
      context.expect(gaps > 0, `no gateway had to send again over ${via}`);
    }
  },
};
