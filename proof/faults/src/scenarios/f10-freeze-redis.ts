import { refuseWrites } from './refuse-writes.ts';
import { type Scenario } from './scenario.ts';

export const freezeRedis: Scenario = {
  id: 'F10b',
  name: 'freeze-redis',
  title: 'Redis is frozen (SIGSTOP): its connections stay open without any reply',
  pass: 'As with a full memory; everything resumes within 10 s.',
  answer:
    'Reads and commands have deadlines; events that are not acknowledged within 250 ms go to the spool.',
  loss: 'nothing',
  quick: false,
  stack: { hasSpool: true },
  run: (context) => {
    const { redis } = context;
    return refuseWrites(context, {
      begin: () => {
        redis.signal('SIGSTOP');
      },
      end: () => {
        redis.signal('SIGCONT');
      },
    });
  },
};
