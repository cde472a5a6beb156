import { crashRedis } from './crash-redis.ts';
import { type Scenario } from './scenario.ts';

export const killRedisEverysec: Scenario = {
  id: 'F8',
  name: 'kill-redis-everysec',
  title: 'Redis is killed and restarted, with appendfsync everysec',
  pass: 'What Redis lacks is counted (in the notes of a run: `gaps`), and sent again.',
  answer: 'As above. The row below has the effect of a power loss.',
  loss: 'nothing',
  quick: false,
  run: async (context) => {
    // Normally none: but while a flush is slow, Redis answers before it writes.
    await crashRedis(context);
  },
};
