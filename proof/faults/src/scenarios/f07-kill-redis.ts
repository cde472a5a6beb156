import { crashRedis } from './crash-redis.ts';
import { type Scenario } from './scenario.ts';

export const killRedis: Scenario = {
  id: 'F7',
  name: 'kill-redis',
  title: 'Redis is killed and restarted, with appendfsync always',
  pass: 'Redis lacks nothing; readers and gateways resume by themselves.',
  answer: 'Gateways keep events and send them again; readers resume by themselves.',
  loss: 'nothing, not even when the machine loses power',
  quick: true,
  stack: { redis: { appendfsync: 'always' } },
  run: async (context) => {
    const gaps = await crashRedis(context);
    context.expect(
      gaps === 0,
      `Redis lacked something ${gaps} times, though it was only its process that died`,
    );
  },
};
