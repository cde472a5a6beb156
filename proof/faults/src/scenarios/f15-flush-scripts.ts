import { repeatDuring } from '../load/start-load.ts';
import { type Scenario } from './scenario.ts';

export const flushScripts: Scenario = {
  id: 'F15',
  name: 'flush-scripts',
  title: 'Redis’ script cache is flushed repeatedly',
  pass: 'No service exits, and nothing is delayed for long.',
  answer: 'A script that is not in the cache is sent in full.',
  loss: 'nothing',
  quick: false,
  run: async (context) => {
    const { redisEye, rng } = context;
    const load = context.load();
    const flushes = await repeatDuring(
      load,
      () => rng.int(50, 300),
      () => redisEye.script('FLUSH'),
    );
    context.note('flushes', flushes);
    await context.recovered();
  },
};
