import { sleep } from '@turnlog/service-kit';
import { bothWays } from '../proxy/lane-faults.ts';
import { stayAlive } from './stay-alive.ts';
import { type Scenario } from './scenario.ts';

export const blackHole: Scenario = {
  id: 'F10',
  name: 'black-hole',
  title: 'The network to Redis swallows everything and says nothing',
  pass: 'Services and calls stay up; readers resume by themselves within 10 s.',
  answer: 'Reads and commands have deadlines; gateways hold events and send them again.',
  loss: 'nothing',
  quick: false,
  run: async (context) => {
    const { redisProxy, size } = context;
    const load = context.load({ windowMs: size.windowMs * 2 });
    await sleep(size.windowMs / 3);
    redisProxy.setFaults(bothWays({ isBlackHole: true }));
    await stayAlive(context, 20_000 * size.intensity);
    redisProxy.setFaults({});
    const seconds = await context.recovered();
    context.expect(seconds < 10, `it took ${seconds.toFixed(1)} s to recover`);
    await load.finished;
    const cut = context.ledger.calls().filter(({ lineEnds }) => lineEnds.includes('cut'));
    context.expect(cut.length === 0, `${cut.length} calls were cut`);
  },
};
