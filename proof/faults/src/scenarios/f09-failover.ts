import { sleep } from '@turnlog/service-kit';
import { groupOf, untilPromoted, untilReplicated } from './failover.ts';
import { sumMetric } from './metrics.ts';
import { recoveredWithin } from './recovered-within.ts';
import { type Scenario } from './scenario.ts';

export const failover: Scenario = {
  id: 'F9',
  name: 'failover',
  title: 'The primary of Redis is killed; its replica lacks the newest writes, and Sentinel promotes it',
  pass: 'No service hangs, and nothing is lost: neither from connections nor from HTTP, late or not.',
  answer: 'Clients follow the Sentinels; gateways send again what the new primary lacks.',
  loss: 'nothing',
  quick: false,
  stack: { hasReplica: true, hasSpool: true },
  run: async (context) => {
    const { size, rng, redis, ledger } = context;
    const group = groupOf(context);
    await untilReplicated(context);
    const load = context.load();
    await sleep(size.windowMs / 3);
    group.starveReplica();
    const before = ledger.count('acknowledged');
    await sleep(rng.int(500, 3_000));
    context.note('missed by the replica', ledger.count('acknowledged') - before);
    const killedAt = performance.now();
    await redis.crash();
    // Data on its way to the replica died with the primary.
    await group.primaryProxy.resetConnections();
    group.heal();
    await untilPromoted(context);
    context.note('promoted after', `${((performance.now() - killedAt) / 1000).toFixed(1)} s`);
    await recoveredWithin(context, 15);
    await load.finished;
    for (const via of ['socket', 'http']) {
      const gaps = await sumMetric(context, 'gateway', 'gateway_gaps_total', `via="${via}"`);
      context.note(`gaps over ${via}`, gaps);
      context.expect(gaps > 0, `the replica has missed nothing over ${via}: no gateway had to send again`);
    }
  },
};
