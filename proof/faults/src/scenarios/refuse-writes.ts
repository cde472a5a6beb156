import { sleep } from '@turnlog/service-kit';
import { readMetric } from './metrics.ts';
import { takesNewCall, whyNotReady } from './new-call.ts';
import { type Context } from './scenario.ts';

const TIMEOUT_MS = 20_000;
/** The gateway's grace of 2 s starts with the first write that is refused. */
const REFUSED_WITHIN_MS = 5_000;

/** How Redis is made to refuse writes, and how it is repaired. */
export interface Refusal {
  readonly begin: () => unknown;
  readonly end: () => unknown;
}

/**
 * Under load, Redis refuses writes for a while. Calls continue, and are acknowledged by the spool; new ones
 * are refused with 503, for a load balancer.
 */
export async function refuseWrites(context: Context, { begin, end }: Refusal): Promise<void> {
  const { size, ledger, redisEye, note, expect } = context;
  const load = context.load({ windowMs: size.windowMs * 2 });
  await sleep(size.windowMs / 2);
  await begin();
  await untilNotReady(context);
  await untilRefused(context);
  const before = ledger.count('acknowledged');
  await sleep(8_000 * size.intensity);
  expect(!(await takesNewCall(context, 'CArefused')), 'a new call was accepted while Redis refused writes');
  const spooled = ledger.count('acknowledged') - before;
  note('acknowledged by the spool', spooled);
  expect(spooled > 0, 'nothing was acknowledged while Redis refused writes');
  const spooledBytes = await readMetric(context, 'gateway-1', 'gateway_spool_bytes');
  expect(spooledBytes > 0, 'the spool is empty');
  await end();

  const seconds = await context.recovered();
  expect(seconds < 10, `it took ${seconds.toFixed(1)} s to recover`);
  await load.finished;
  const cut = ledger.calls().filter(({ lineEnds }) => lineEnds.includes('cut'));
  expect(cut.length === 0, `${cut.length} calls were cut`);
  const evicted = /^evicted_keys:(\d+)/m.exec(await redisEye.info('stats'))?.[1];
  expect(evicted === '0', `Redis has evicted ${evicted ?? 'an unknown number of'} keys`);
}

/** A gateway accepts calls for a moment; then it does not. */
async function untilRefused(context: Context): Promise<void> {
  const deadline = performance.now() + REFUSED_WITHIN_MS;
  for (let count = 1; await takesNewCall(context, `CAmoment-${count}`); count += 1) {
    if (performance.now() > deadline)
      throw new Error('new calls were accepted although Redis refuses writes');
    await sleep(200);
  }
}

/** Refused writes show only when one is tried, so the gateway must write to notice. */
async function untilNotReady(context: Context): Promise<void> {
  const deadline = performance.now() + TIMEOUT_MS;
  let reason = await whyNotReady(context);
  for (; reason === undefined; reason = await whyNotReady(context)) {
    if (performance.now() > deadline)
      throw new Error('the gateway stayed ready although Redis refuses writes');
    await sleep(50);
  }
  context.expect(reason.startsWith('503'), `not ready is answered with ${reason}`);
}
