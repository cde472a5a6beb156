import { sleep } from '@turnlog/service-kit';
import { recoveredWithin } from './recovered-within.ts';
import { type Scenario } from './scenario.ts';

export const latency: Scenario = {
  id: 'F12',
  name: 'latency',
  title: 'Answers of Redis come 3 s late: after the deadline of a blocking read',
  pass: 'What came with an answer that nobody waited for any more is read again: nothing stays pending.',
  answer: 'After a deadline a consumer reads first what was delivered to it before.',
  loss: 'nothing',
  quick: false,
  run: async (context) => {
    const { redisProxy, size } = context;
    const load = context.load({ windowMs: size.windowMs * 2 });
    await sleep(size.windowMs / 3);
    redisProxy.setFaults({ toClient: { latencyMs: 3_000, jitterMs: 500 } });
    await sleep(20_000 * size.intensity);
    redisProxy.setFaults({});
    await recoveredWithin(context, 30);
    await load.finished;
  },
};
