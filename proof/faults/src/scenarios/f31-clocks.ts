import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { sleep } from '@turnlog/service-kit';
import { untilQuiet } from '../oracle/quiescence.ts';
import { setBack } from './set-back.ts';
import { type Context, type Scenario } from './scenario.ts';

const HOUR_MS = 3_600_000;
const MODULE = new URL('../world/wrong-clock.js', import.meta.url).href;

export const clocks: Scenario = {
  id: 'F31',
  name: 'clocks',
  title:
    'The clocks of three services are wrong by an hour, two of them jump by two more, and that of Redis is set back by one',
  pass: 'Turns are in order, durations are right, no lag is negative, and a dead gateway’s calls are ended in time.',
  answer:
    'The clocks of two hosts are never compared: waiting is measured by the clock of Redis, and turns have the time of their reporter.',
  loss: 'nothing',
  quick: false,
  stack: { gateways: 2, sessions: 1, persisters: 1 },
  run: async (context) => {
    const { stack, rng, size, sql, ledger } = context;
    for (const name of ['gateway-1', 'session-1', 'persister-1']) {
      const offMs = rng.pick([-HOUR_MS, HOUR_MS]);
      const options = { NODE_OPTIONS: `--import ${MODULE}`, CLOCK_OFF_MS: String(offMs) };
      await stack.service(name).restart(options);
    }
    const load = context.load({ withoutLine: 0 });
    await sleep(size.windowMs / 2);
    await setBack(context);
    const killedAt = performance.now();
    stack.service('gateway-2').kill('SIGKILL');
    await stack.service('gateway-2').stop();
    await load.finished;
    for (const violation of await untilQuiet(context, 30_000)) context.expect(false, violation.problem);
    context.note('quiet after', `${((performance.now() - killedAt) / 1000).toFixed(1)} s`);
    await stack.service('gateway-2').start();
    await context.recovered();

    const { rows } = await sql.query<{ call_sid: string; duration_seconds: number | null }>(
      'select call_sid, duration_seconds from call_sessions',
    );
    const hungUp = new Set(
      ledger.calls().flatMap(({ callSid, lineEnds }) => (lineEnds.join() === 'hung-up' ? [callSid] : [])),
    );
    for (const { call_sid: callSid, duration_seconds: seconds } of rows) {
      if (!hungUp.has(callSid)) continue;
      const isRight = seconds !== null && seconds >= 0 && seconds < 120;
      context.expect(isRight, `${callSid} took ${seconds} s by its row`);
    }
    for (const [service, lines] of await readLagLines(context)) {
      const wrong = lines.filter(
        ({ lag, oldest_age_ms: ageMs }) => (lag ?? 0) < 0 || ageMs < 0 || ageMs > HOUR_MS / 2,
      );
      context.expect(wrong.length === 0, `${service} reported a wrong lag: ${JSON.stringify(wrong[0])}`);
    }
  },
};

interface LagLine {
  readonly lag: number | null;
  readonly oldest_age_ms: number;
}

async function readLagLines({ stack }: Context): Promise<(readonly [string, readonly LagLine[]])[]> {
  return Promise.all(
    ['session', 'persister'].map(async (kind) => {
      const lines = (await readFile(path.join(stack.logDir, `${kind}-1.log`), 'utf8')).split('\n');
      const told = lines.filter((line) => line.includes(`"msg":"${kind} lag"`));
      return [kind, told.map((line) => JSON.parse(line) as LagLine)] as const;
    }),
  );
}
