import { repeatDuring } from '../load/start-load.ts';
import { SAVES_STATE } from './requests.ts';
import { type Context, type Scenario } from './scenario.ts';

export const killSession: Scenario = {
  id: 'F1',
  name: 'kill-session',
  title:
    'The session service is killed before and after a save of its reaches Redis, and then again and again',
  pass: 'It is back at work within 10 s of being started again.',
  answer: 'It is started again, reads what was delivered to it and not acknowledged, and folds from the log.',
  loss: 'nothing',
  quick: true,
  run: async (context) => {
    const { stack, rng } = context;
    const load = context.load();
    const session = stack.service('session-1');
    await killAtSaves(context);
    const kills = await repeatDuring(
      load,
      () => rng.int(300, 1_500),
      () => session.kill('SIGKILL'),
    );
    context.note('kills', kills + 2);
    await session.start();
    const seconds = await context.recovered();
    context.expect(seconds < 10, `it took ${seconds.toFixed(1)} s to recover`);
  },
};

/** With what it has read and not saved; and with what is saved and acknowledged, of which it has not heard. */
async function killAtSaves({ stack, redisProxy }: Context): Promise<void> {
  for (const action of ['hold-request', 'hold-reply'] as const) {
    const trap = redisProxy.setTrap({ matches: SAVES_STATE, action, times: 1 });
    await trap.sprung;
    stack.service('session-1').kill('SIGKILL');
    trap.release();
  }
}
