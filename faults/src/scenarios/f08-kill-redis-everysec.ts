import { crashRedis } from './crash-redis.ts';
import { type Scenario } from './scenario.ts';

export const killRedisEverysec: Scenario = {
  id: 'F8',
  name: 'kill-redis-everysec',
  title: 'Redis is killed and started again, with appendfsync everysec',
  pass: 'The loss is measured: the death of the process loses nothing, for the system has what was written.',
  answer: 'As above. What a loss of power takes is in the row below.',
  loss: 'nothing',
  quick: false,
  run: (context) => crashRedis(context),
};
