import { repeatDuring } from '../load/start-load.ts';
import { type Scenario } from './scenario.ts';

export const killSession: Scenario = {
  id: 'F1',
  name: 'kill-session',
  title: 'The session service is killed again and again',
  pass: 'It is back at work within 10 s of being started again.',
  answer: 'It is started again, reads what was delivered to it and not acknowledged, and folds from the log.',
  loss: 'nothing',
  quick: true,
  run: async (context) => {
    const { stack, rng } = context;
    const load = context.load();
    const session = stack.service('session-1');
    const kills = await repeatDuring(
      load,
      () => rng.int(300, 1_500),
      () => session.kill('SIGKILL'),
    );
    context.note('kills', kills);
    await session.start();
    const seconds = await context.recovered();
    context.expect(seconds < 10, `it took ${seconds.toFixed(1)} s to recover`);
  },
};
