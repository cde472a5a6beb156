import { sleep } from '@turnlog/service-kit';
import { stayAlive } from './stay-alive.ts';
import { type Scenario } from './scenario.ts';

export const restartPostgres: Scenario = {
  id: 'F18',
  name: 'restart-postgres',
  title: 'Postgres is restarted under load, cleanly and by a crash',
  pass: 'Persisting pauses; nothing is dead-lettered; it resumes by itself.',
  answer: 'Persisting pauses with backoff; calls wait in Redis.',
  loss: 'nothing',
  quick: true,
  run: async (context) => {
    const { postgres, size } = context;
    const load = context.load();
    await sleep(size.windowMs / 4);
    await postgres.stop();
    await stayAlive(context, 3_000 * size.intensity);
    await postgres.start();
    await sleep(size.windowMs / 4);
    // Postgres' immediate shutdown: no checkpoint, clients are cut.
    await postgres.crash('SIGQUIT');
    await sleep(1_500 * size.intensity);
    await postgres.start();
    await context.recovered();
    await load.finished;
  },
};
