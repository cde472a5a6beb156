import { placeCall } from '@turnlog/exotel-simulator';
import { startFaultProxy } from '../proxy/fault-proxy.ts';
import { bothWays } from '../proxy/lane-faults.ts';
import { untilQuiet } from '../oracle/quiescence.ts';
import { sleep } from '@turnlog/service-kit';
import { withPort } from '../world/world.ts';
import { type Scenario } from './scenario.ts';

const CALLS = 10;
const LIMIT_SECONDS = 45;

export const halfOpen: Scenario = {
  id: 'F35',
  name: 'half-open',
  title: 'The network between the carrier and the gateway drops all packets, in the middle of calls',
  pass: 'The gateway ends the sockets within 45 s, and the calls are recorded as disconnected.',
  answer: 'A socket without frames and pongs is ended after 30 s as `idle` or `half_open`.',
  loss: 'nothing that reached the gateway',
  quick: false,
  run: async (context) => {
    const { stack, rng, ledger, sql } = context;
    const proxy = await startFaultProxy({
      port: stack.service('gateway-1').port,
      rng: rng.fork('gateway proxy'),
    });
    context.onClose(() => proxy.close());
    const url = withPort(stack.streamUrls[0] ?? '', proxy.port);
    const lines = Array.from({ length: CALLS }, (_, index) =>
      placeCall({ url, callSid: `CAhalf-${index + 1}`, audio: 0.1, frameMs: 500, hangUpAfterMs: Infinity }),
    );
    await Promise.all(lines.map((line) => line.connected));
    const others = context.load({ calls: 10 });
    await sleep(2_000);
    const startedAt = performance.now();
    proxy.setFaults(bothWays({ isBlackHole: true }));
    await others.finished;
    for (const violation of await untilQuiet(context, 90_000)) context.expect(false, violation.problem);
    const seconds = (performance.now() - startedAt) / 1000;
    context.note('given up after', `${seconds.toFixed(1)} s`);
    context.expect(seconds < LIMIT_SECONDS, `it took ${seconds.toFixed(0)} s`);
    const { rows } = await sql.query<{ end_reason: string }>(
      `select end_reason from call_sessions where call_sid like 'CAhalf-%' and status = 'completed'`,
    );
    const given = rows.filter(({ end_reason: reason }) => reason === 'idle' || reason === 'half_open');
    context.expect(given.length === CALLS, `${given.length} of ${CALLS} calls ended as idle or half_open`);
    for (const line of lines) {
      line.drop('terminate');
      ledger.lineEnded(line.callSid, 'cut');
    }
  },
};
