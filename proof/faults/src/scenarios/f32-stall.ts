import { sleep } from '@turnlog/service-kit';
import { BREAK, BREAKABLE } from './break-from-within.ts';
import { refusedSaves, refusedWrites } from './refused.ts';
import { type Context, type Scenario } from './scenario.ts';

export const stall: Scenario = {
  id: 'F32',
  name: 'stall',
  title: 'A session service and a persister are blocked by a busy loop for 20 s',
  pass: 'Other replicas take over, and late saves and writes are refused.',
  answer:
    'As with a frozen process: entries are claimed after 10 s and 15 s, and late saves and writes are refused.',
  loss: 'nothing',
  quick: false,
  // Its two busy loops take two cores.
  alone: true,
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
    const before = await countRefused(context);
    stack.service('session-1').kill(BREAK.stall);
    stack.service('persister-1').kill(BREAK.stall);
    await context.recovered();
    await load.finished;
    await sleep(12_000);
    await context.recovered();
    expectMore(context, before, await countRefused(context));
  },
};

interface Refused {
  readonly saves: number;
  readonly writes: number;
}

async function countRefused(context: Context): Promise<Refused> {
  return {
    saves: await refusedSaves(context, 'session-1'),
    writes: await refusedWrites(context, 'persister-1'),
  };
}

/** While the two were busy, others have folded and written their entries before them. */
function expectMore({ note, expect }: Context, before: Refused, after: Refused): void {
  note('refused saves', after.saves - before.saves);
  expect(after.saves > before.saves, 'no save of the one that stalled was refused');
  // A persister first reads what is written already, and usually finds there that it is late.
  note('refused writes', after.writes - before.writes);
}
