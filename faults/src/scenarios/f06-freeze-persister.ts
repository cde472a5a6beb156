import { mentions } from '../proxy/trap.ts';
import { type Context, type Scenario } from './scenario.ts';

const CALL = 'CAold-1';

export const freezePersister: Scenario = {
  id: 'F6',
  name: 'freeze-persister',
  title: 'A persister is frozen while it writes an old version, and goes on when a newer one is written',
  pass: 'The newer row stays.',
  answer:
    'Another replica claims its entries after 15 s. The old version is refused by the guard of the upsert.',
  loss: 'nothing',
  quick: true,
  stack: {
    persisters: 2,
    serviceEnv: { persister: { CLAIM_IDLE_MS: '2000' }, session: { CHECKPOINT_EVERY_MS: '1000' } },
  },
  run: async (context) => {
    const { postgresProxy, stack } = context;
    const trap = postgresProxy.setTrap({
      matches: mentions('turnlog_write_calls', CALL),
      action: 'hold-request',
      times: 1,
    });
    const load = context.load(
      { calls: 1, eventsPerCall: 12, windowMs: 8_000, withoutLine: 0, lateEvents: 0 },
      'CAold',
    );
    await trap.sprung;
    // Which of the two holds it can't be seen from outside, and one of them is to go on: so its connection is frozen.
    await load.finished;
    const newest = await untilCompleted(context);
    trap.release();
    await context.recovered();
    const after = await readVersion(context);
    context.note('version', newest);
    context.expect(after === newest, `the row went from version ${newest} to ${after}`);
    for (const name of ['persister-1', 'persister-2']) {
      stack.service(name).kill('SIGSTOP');
      await context.recovered();
      stack.service(name).kill('SIGCONT');
    }
  },
};

async function untilCompleted(context: Context): Promise<number> {
  for (;;) {
    const row = await context.store.readCall(CALL);
    if (row?.status === 'completed') return row.version;
  }
}

async function readVersion({ store }: Context): Promise<number> {
  return (await store.readCall(CALL))?.version ?? 0;
}
