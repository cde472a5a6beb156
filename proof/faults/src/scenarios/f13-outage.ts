import { sleep } from '@turnlog/service-kit';
import { whyNotReady } from './new-call.ts';
import { stayAlive } from './stay-alive.ts';
import { type Scenario } from './scenario.ts';

export const outage: Scenario = {
  id: 'F13',
  name: 'outage',
  title: 'Redis refuses connections for longer than any blocking read waits',
  pass: 'Services stay alive and not ready, and consume again within 10 s.',
  answer: 'Clients keep trying to connect; gateways keep events, and refuse new calls with 503 after 2 s.',
  loss: 'nothing',
  quick: false,
  run: async (context) => {
    const { redisProxy, size } = context;
    const load = context.load({ windowMs: size.windowMs * 2 });
    await sleep(size.windowMs / 3);
    await redisProxy.down();
    await stayAlive(context, 15_000 * size.intensity);
    for (const { name } of context.stack.services) {
      const isReady = (await whyNotReady(context, name)) === undefined;
      context.expect(!isReady, `${name} says that it is ready, without a Redis`);
    }
    await redisProxy.up();
    const seconds = await context.recovered();
    context.expect(seconds < 10, `it took ${seconds.toFixed(1)} s to recover`);
    await load.finished;
  },
};
