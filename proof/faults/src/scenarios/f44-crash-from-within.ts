import { sleep } from '@turnlog/service-kit';
import { BREAK, BREAKABLE } from './break-from-within.ts';
import { type Scenario } from './scenario.ts';

export const crashFromWithin: Scenario = {
  id: 'F44',
  name: 'crash-from-within',
  title: 'Each service runs out of memory, and has an unhandled rejection',
  pass: 'It exits and is restarted.',
  answer: 'The process exits at once; its supervisor restarts it, and it continues as after a kill.',
  loss: 'nothing acknowledged',
  quick: false,
  stack: { gateways: 2, serviceEnv: BREAKABLE },
  expectations: { isPlannedEnd: (notice) => / ended with (exit code (1|134)|SIGABRT);/.test(notice) },
  run: async (context) => {
    const { stack, size } = context;
    const load = context.load({ windowMs: size.windowMs * 2 });
    for (const fault of [BREAK.reject, BREAK.overflow]) {
      for (const name of ['session-1', 'persister-1', 'gateway-1']) {
        await sleep((size.windowMs * 2) / 8);
        const service = stack.service(name);
        const { pid } = service;
        service.kill(fault);
        const until = performance.now() + 30_000;
        while (service.pid === pid && performance.now() < until) await sleep(20);
        context.expect(service.pid !== pid, `${name} has survived ${fault}`);
      }
    }
    await Promise.all(stack.services.map((service) => service.start()));
    await context.recovered();
    await load.finished;
  },
};
