import { sleep } from '@turnlog/service-kit';
import { BREAK, BREAKABLE } from './break-from-within.ts';
import { sumMetric } from './metrics.ts';
import { type Context, type Scenario } from './scenario.ts';

export const stall: Scenario = {
  id: 'F32',
  name: 'stall',
  title: 'A session service and a persister are too busy to do anything for 20 s',
  pass: 'Others take over, and what comes late is refused and changes nothing.',
  answer:
    'As with a frozen process: entries are claimed after 10 s and 15 s, late saves and writes are refused.',
  loss: 'nothing',
  quick: false,
  stack: {
    sessions: 2,
    persisters: 2,
    serviceEnv: {
      gateway: {},
      session: { ...BREAKABLE.session, CLAIM_IDLE_MS: '3000' },
      persister: { ...BREAKABLE.persister, CLAIM_IDLE_MS: '3000' },
    },
  },
  run: async (context) => {
    const { stack, size } = context;
    const load = context.load();
    await sleep(size.windowMs / 3);
    stack.service('session-1').kill(BREAK.stall);
    stack.service('persister-1').kill(BREAK.stall);
    await context.recovered();
    await load.finished;
    await sleep(12_000);
    await context.recovered();
    await expectRefused(context);
  },
};

/** What the two had in their hands when they stalled, they have saved and written after the others. */
async function expectRefused(context: Context): Promise<void> {
  const refused = {
    'refused saves':
      (await sumMetric(context, 'session', 'session_saves_total', 'outcome="stale"')) +
      (await sumMetric(context, 'session', 'session_saves_total', 'outcome="conflict"')),
    'refused writes': await sumMetric(context, 'persister', 'persist_total', 'result="stale"'),
  };
  for (const [name, count] of Object.entries(refused)) {
    context.note(name, count);
    context.expect(count > 0, `there were no ${name}`);
  }
}
