import { sleep } from '@turnlog/service-kit';
import { planLongCall, simulatePlan } from '@turnlog/simulation';
import { type Context, type Scenario } from './scenario.ts';

const KEEP_KEYS_MS = 8_000;
const MAX_SEED = 1_000_000;

export const longCall: Scenario = {
  id: 'F17',
  name: 'long-call',
  title: 'A call of four hours, with Postgres unavailable for two of them',
  pass: 'No key expires before its call is in Postgres, and every call is complete.',
  answer: 'The keys of a call do not expire until it is over and in Postgres; the hour starts then.',
  loss: 'nothing',
  quick: false,
  stack: { serviceEnv: { persister: { KEEP_KEYS_MS: String(KEEP_KEYS_MS) } } },
  run: async (context) => {
    await simulateHours(context);
    await playSmall(context);
  },
};

/**
 * Four hours on the simulation's clock, with the settings of production: the services' decisions, servers in
 * memory.
 */
async function simulateHours({ rng, note, expect }: Context): Promise<void> {
  const seed = rng.int(1, MAX_SEED);
  const { violations, tally } = await simulatePlan(planLongCall(seed));
  note('simulated events', tally.acknowledged);
  for (const violation of violations) expect(false, `simulated: ${violation}`);
  const lacking = tally.lost + tally.leftOpen + tally.behind;
  expect(lacking === 0, `simulated: ${lacking} events or ends are not in the rows`);
}

/**
 * The same on real servers in small: a call of four times the time to live of keys, and Postgres unavailable
 * for twice as long.
 */
async function playSmall(context: Context): Promise<void> {
  const { postgresProxy, size } = context;
  const long = context.load({ calls: 10, windowMs: 4 * KEEP_KEYS_MS, withoutLine: 0 }, 'CAlong');
  const short = context.load({ calls: size.calls, windowMs: KEEP_KEYS_MS }, 'CAshort');
  await sleep(KEEP_KEYS_MS * 0.8);
  await postgresProxy.down();
  await short.finished;
  await sleep(KEEP_KEYS_MS * 2);
  await postgresProxy.up();
  await context.recovered();
  await long.finished;
}
