import { sleep } from '@turnlog/service-kit';
import { untilQuiet } from '../oracle/quiescence.ts';
import { type Scenario } from './scenario.ts';

export const killGateway: Scenario = {
  id: 'F3',
  name: 'kill-gateway',
  title: 'A gateway is killed in the middle of its calls and is not restarted',
  pass: 'Each of its calls is recorded with everything that was acknowledged, and ends as gateway_lost.',
  answer:
    'The sweep ends its calls as `gateway_lost`, by default 45 s after they were last seen, and they are persisted.',
  loss: 'nothing acknowledged; the rest of a call whose agent has no other way to report',
  quick: true,
  stack: { gateways: 2 },
  run: async (context) => {
    const { stack, size, sql } = context;
    const load = context.load({ withoutLine: 0, lateEvents: 0 });
    await sleep(size.windowMs * 0.6);
    const gateway = stack.service('gateway-1');
    const startedAt = performance.now();
    gateway.kill('SIGKILL');
    // It must not be restarted.
    await gateway.stop();
    await load.finished;
    for (const violation of await untilQuiet(context, 60_000)) context.expect(false, violation.problem);
    context.note('quiet after', `${((performance.now() - startedAt) / 1000).toFixed(1)} s`);

    const { rows } = await sql.query<{ call_sid: string }>(
      `select call_sid from call_sessions where end_reason = 'gateway_lost'`,
    );
    const given = rows.map((row) => row.call_sid).sort();
    const cut = context.ledger.calls().filter(({ lineEnds }) => lineEnds.includes('cut'));
    context.note('cut', cut.length);
    context.expect(cut.length > 0, 'no call was on the gateway that was killed');
    const expected = cut.map(({ callSid }) => callSid).sort();
    context.expect(
      given.join() === expected.join(),
      `${given.length} calls ended as gateway_lost, ${expected.length} were cut`,
    );
    await gateway.start();
  },
};
