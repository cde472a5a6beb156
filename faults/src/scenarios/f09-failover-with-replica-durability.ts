import { sleep } from '@turnlog/service-kit';
import { groupOf, untilPromoted, untilReplicated } from './failover.ts';
import { type Scenario } from './scenario.ts';

export const failoverWithReplicaDurability: Scenario = {
  id: 'F9b',
  name: 'failover-replica',
  title: 'The same with DURABILITY=replica, and with agents that report over HTTP',
  pass: 'What the replica had missed was never acknowledged, and is sent again by whoever holds it.',
  answer: 'An event is acknowledged when a replica has it, or the gateway’s disk.',
  loss: 'nothing',
  quick: false,
  stack: { hasReplica: true, hasSpool: true, serviceEnv: { gateway: { DURABILITY: 'replica' } } },
  run: async (context) => {
    const { size, rng, redis } = context;
    const group = groupOf(context);
    await untilReplicated(context);
    const load = context.load();
    await sleep(size.windowMs / 3);
    group.starveReplica();
    await sleep(rng.int(500, 3_000));
    await redis.crash();
    group.primaryProxy.resetConnections();
    group.heal();
    await untilPromoted(context);
    // The promise is kept again when there is a replica again.
    await redis.start();
    await context.recovered();
    await load.finished;
  },
};
