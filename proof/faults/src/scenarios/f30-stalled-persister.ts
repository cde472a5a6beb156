import { measureFeedLag } from '@turnlog/call-log';
import { sleep } from '@turnlog/service-kit';
import { sumMetric } from './metrics.ts';
import { WRITES_CALLS } from './requests.ts';
import { type Scenario } from './scenario.ts';

export const stalledPersister: Scenario = {
  id: 'F30',
  name: 'stalled-persister',
  title: 'A persister hangs in the middle of a batch, while everything else runs at full speed',
  pass: 'No unacknowledged entry is ever trimmed or deleted: no claim finds an entry missing.',
  answer:
    'Feeds are not trimmed: an entry is deleted when it is acknowledged. Logs expire only after they are in Postgres.',
  loss: 'nothing',
  quick: false,
  stack: { persisters: 2, serviceEnv: { persister: { CLAIM_IDLE_MS: '6000', KEEP_KEYS_MS: '1000' } } },
  run: async (context) => {
    const { postgresProxy, stack, size, redisEye, space } = context;
    const load = context.load({ eventsPerCall: 10, lateEvents: 1 });
    await sleep(size.windowMs / 4);
    const trap = postgresProxy.setTrap({ mentions: WRITES_CALLS, action: 'hold-request', times: 1 });
    await trap.sprung;
    // It is unknown which of the two holds the batch: both are frozen, and the idle one is resumed.
    for (const name of ['persister-1', 'persister-2']) stack.service(name).kill('SIGSTOP');
    await sleep(3_000);
    const pendingBefore = await countPending();
    stack.service('persister-1').kill('SIGCONT');
    await load.finished;
    context.note('pending while it hung', pendingBefore);
    context.expect(pendingBefore > 0, 'the persister that hung had no pending entries');
    await sleep(3_000 * size.intensity);
    stack.service('persister-2').kill('SIGCONT');
    trap.release();
    await context.recovered();
    const lost =
      (await sumMetric(context, 'persister', 'persist_entries_lost_total')) +
      (await sumMetric(context, 'session', 'session_lost_entries_total'));
    context.expect(lost === 0, `${lost} entries were gone before they were acknowledged`);

    async function countPending(): Promise<number> {
      const { pending } = await measureFeedLag(redisEye, space, 'persist');
      return pending;
    }
  },
};
