import { sleep } from '@turnlog/service-kit';
import { groupOf, untilPromoted, untilReplicated } from './failover.ts';
import { type Scenario } from './scenario.ts';

const MAX_READERS_SECONDS = 10;

export const failoverWithReplicaDurability: Scenario = {
  id: 'F9b',
  name: 'failover-replica',
  title: 'The same with DURABILITY=replica, and with agents that report over HTTP',
  pass: 'What the replica lacks was never acknowledged, and its senders send it again. Readers continue within 10 s of the promotion.',
  answer:
    'An event is acknowledged when a replica or the gateway’s disk has it. Readers continue with the new primary; new calls wait until it has a replica.',
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
    await group.primaryProxy.resetConnections();
    group.heal();
    await untilPromoted(context);
    // Reading needs no replica.
    const seconds = await context.readersResumed();
    context.expect(
      seconds <= MAX_READERS_SECONDS,
      `readers went on only ${seconds.toFixed(1)} s after the promotion`,
    );
    // The durability is provided again when there is a replica again.
    await redis.start();
    const startedAtMs = performance.now();
    const replicated = untilReplicated(context).then(() => performance.now());
    await context.recovered();
    const replicaSeconds = ((await replicated) - startedAtMs) / 1000;
    context.note('of that, without a replica', `${replicaSeconds.toFixed(1)} s`);
    await load.finished;
  },
};
