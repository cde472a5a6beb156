import { sleep } from '@turnlog/service-kit';
import { SAVES_STATE } from './requests.ts';
import { type Scenario } from './scenario.ts';
import { watchSaves } from './watch-saves.ts';

const FROZEN_MS = 60_000;
/** How long the released save may take to Redis. */
const LATE_SAVE_MS = 1_000;

export const freezeSession: Scenario = {
  id: 'F5',
  name: 'freeze-session',
  title:
    'A session service is frozen for a minute in the middle of a save, and continues after another one has taken over',
  pass: 'The late save is refused; live states equal the logs.',
  answer: 'Another replica claims its entries after 10 s. Compare-and-set refuses its late save.',
  loss: 'nothing',
  quick: false,
  stack: { sessions: 2, serviceEnv: { session: { CLAIM_IDLE_MS: '3000' } } },
  run: async (context) => {
    const { stack, redisProxy, size } = context;
    const [frozen, other] = [stack.service('session-1'), stack.service('session-2')];
    // So that the held save is that of the frozen one.
    await other.stop();
    const load = context.load({ windowMs: FROZEN_MS });
    await sleep(size.windowMs / 4);
    // The keys of a save; no other request has them all.
    const trap = redisProxy.setTrap({
      mentions: SAVES_STATE,
      action: 'hold-request',
      times: 1,
    });
    await trap.sprung;
    frozen.kill('SIGSTOP');
    const frozenAtMs = performance.now();
    await other.start();
    await load.finished;
    await sleep(FROZEN_MS - (performance.now() - frozenAtMs));
    const stopWatching = await watchSaves(context, frozen.name);
    trap.release();
    await sleep(LATE_SAVE_MS);
    const { arrived, written } = stopWatching();
    frozen.kill('SIGCONT');
    await context.recovered();
    context.note('refused saves', arrived - written);
    context.expect(arrived > 0, 'the late save did not reach Redis');
    context.expect(written === 0, 'the late save was not refused');
  },
};
