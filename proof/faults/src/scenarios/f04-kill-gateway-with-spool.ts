import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { sleep } from '@turnlog/service-kit';
import { untilQuiet } from '../oracle/quiescence.ts';
import { readMetric } from './metrics.ts';
import { type Context, type Scenario } from './scenario.ts';

const GATEWAY = 'gateway-1';
const REPLAYED = 'all events of the spool are in Redis';

export const killGatewayWithSpool: Scenario = {
  id: 'F4',
  name: 'kill-gateway-with-spool',
  title:
    'A gateway is killed while Redis is unavailable and its spool holds acknowledged events, and is restarted',
  pass: 'The spool is replayed without duplicates, its files are removed, and its calls have an end.',
  answer:
    'The next gateway on the same disk takes the spool over, sends its events under the same sources, and ends the calls.',
  loss: 'nothing acknowledged; the rest of a call whose agent has no other way to report',
  quick: true,
  stack: { hasSpool: true },
  run: async (context) => {
    const { stack, size, redisProxy, rng, ledger, sql } = context;
    const load = context.load({ withoutLine: 0, lateEvents: 0 });
    await sleep(size.windowMs / 3);
    await redisProxy.down();
    const before = ledger.count('acknowledged');
    // None has ended by now: a call that hangs up just before the kill ends as `gateway_lost` and was not cut.
    await sleep(rng.int(1_000, Math.max(1_000, Math.min(3_000, size.windowMs / 4))));
    const spooledBytes = await readMetric(context, GATEWAY, 'gateway_spool_bytes');
    const spooled = ledger.count('acknowledged') - before;
    context.note('acknowledged by the spool', spooled);
    context.expect(spooled > 0 && spooledBytes > 0, 'nothing was acknowledged while Redis was unavailable');

    const gateway = stack.service(GATEWAY);
    gateway.kill('SIGKILL');
    await gateway.untilDown();
    await sleep(rng.int(200, 1_500));
    await redisProxy.up();
    await gateway.start();
    await untilReplayed(context);
    await load.finished;
    await context.recovered();
    for (const violation of await untilQuiet(context, 60_000)) context.expect(false, violation.problem);

    const left = (await readdir(path.join(context.folder, 'spool', GATEWAY))).filter((name) =>
      name.endsWith('.spool'),
    );
    context.expect(left.length === 0, `${left.length} files of the spool are left`);
    const { rows } = await sql.query<{ ended: number }>(
      `select count(*)::integer as ended from call_sessions where end_reason = 'gateway_lost'`,
    );
    const cut = ledger.calls().filter(({ lineEnds }) => lineEnds.includes('cut')).length;
    context.note('cut', cut);
    context.expect(rows[0]?.ended === cut, `${rows[0]?.ended} calls ended as gateway_lost, ${cut} were cut`);
  },
};

async function untilReplayed({ stack }: Context): Promise<void> {
  const file = path.join(stack.logDir, `${GATEWAY}.log`);
  const deadline = performance.now() + 30_000;
  while (!(await readFile(file, 'utf8')).includes(REPLAYED)) {
    if (performance.now() > deadline) throw new Error('the spool was not replayed within 30 s');
    await sleep(50);
  }
}
