import { sleep } from '@turnlog/service-kit';
import { repeatDuring } from '../load/start-load.ts';
import { type Scenario } from './scenario.ts';

export const rollingRestart: Scenario = {
  id: 'F42',
  name: 'rolling-restart',
  title: 'Every service is restarted in turn with SIGTERM, under load',
  pass: 'No call is cut before the deadline.',
  answer:
    'A gateway that stops takes no new calls (503), and lets those in progress go on until `DRAIN_DEADLINE_MS`.',
  loss: 'nothing',
  quick: false,
  stack: {
    gateways: 2,
    sessions: 2,
    persisters: 2,
    serviceEnv: { gateway: { DRAIN_DEADLINE_MS: '60000', AGENT_LINGER_MS: '1000' } },
  },
  expectations: { isPlannedEnd: (notice) => / ended with exit code 0;/.test(notice) },
  run: async (context) => {
    const { stack, size } = context;
    const names = ['gateway-1', 'session-1', 'persister-1', 'gateway-2', 'session-2', 'persister-2'];
    // Calls of several seconds, one wave after the other.
    const waves = [0, 1, 2].map(async (wave) => {
      await sleep(wave * size.windowMs * 0.7);
      const load = context.load({ calls: Math.ceil(size.calls / 3), withoutLine: 0 }, `CAwave${wave}`);
      await load.finished;
    });
    let next = 0;
    const all = {
      ...context.load({ calls: 1, eventsPerCall: 1, windowMs: 0 }, 'CAfirst'),
      finished: Promise.all(waves).then(() => undefined),
    };
    await repeatDuring(
      all,
      () => size.windowMs / 3,
      async () => {
        const name = names[next++];
        if (name === undefined) return;
        const service = stack.service(name);
        const { pid } = service;
        service.kill('SIGTERM');
        // It is started again by whoever looks after it.
        while (service.pid === pid || service.pid === undefined) await sleep(50);
        await service.start();
      },
    );
    context.note('restarted', Math.min(next, names.length));
    context.expect(next >= names.length, `only ${next} services were restarted`);
    const cut = context.ledger.calls().filter(({ lineEnds }) => lineEnds.includes('cut'));
    context.expect(cut.length === 0, `${cut.length} calls were cut`);
    await context.recovered();
  },
};
