import { sleep } from '@turnlog/service-kit';
import { bothWays } from '../proxy/lane-faults.ts';
import { readMetric } from './metrics.ts';
import { whyNotReady } from './new-call.ts';
import { recoveredWithin } from './recovered-within.ts';
import { type Context, type Scenario } from './scenario.ts';
import { stayAlive } from './stay-alive.ts';

const HOLE_MS = 60_000;
/** Twice a blocking read of the readers. */
const DETECTED_WITHIN_MS = 4_000;
/** Less than the reports of that time: events without room wait in memory, and are not acknowledged. */
const SPOOL_MAX_BYTES = 256 * 1024;
/** At most the events of one flush exceed the limit. */
const SPOOL_SLACK_BYTES = 128 * 1024;
const LOOK_EVERY_MS = 200;

export const blackHole: Scenario = {
  id: 'F10',
  name: 'black-hole',
  title: 'The network to Redis drops all packets for a minute, without an error',
  pass: 'Every service reports within 4 s that Redis is unavailable; all services and calls stay up; the spool keeps to its limit; readers resume by themselves within 10 s.',
  answer:
    'Reads and commands have deadlines; gateways spool what fits, keep the rest in memory, and send everything again.',
  loss: 'nothing',
  quick: false,
  stack: { hasSpool: true, serviceEnv: { gateway: { SPOOL_MAX_BYTES: String(SPOOL_MAX_BYTES) } } },
  run: async (context) => {
    const { redisProxy, size } = context;
    const load = context.load({ windowMs: HOLE_MS + 2 * size.windowMs });
    await sleep(size.windowMs);
    redisProxy.setFaults(bothWays({ isBlackHole: true }));
    const endsAtMs = performance.now() + HOLE_MS;
    await expectDetected(context);
    await stayAlive(context, endsAtMs - performance.now());
    await expectBoundedSpool(context);
    redisProxy.setFaults({});
    await recoveredWithin(context, 10);
    await load.finished;
    const cut = context.ledger.calls().filter(({ lineEnds }) => lineEnds.includes('cut'));
    context.expect(cut.length === 0, `${cut.length} calls were cut`);
  },
};

async function expectDetected(context: Context): Promise<void> {
  const { stack, note, expect } = context;
  const startedAtMs = performance.now();
  const detections = stack.services.map(async ({ name }) => {
    while (!/"redis":\{"ok":false/.test((await whyNotReady(context, name)) ?? '')) {
      if (performance.now() - startedAtMs > 2 * DETECTED_WITHIN_MS) break;
      await sleep(LOOK_EVERY_MS);
    }
    return performance.now() - startedAtMs;
  });
  const longestMs = Math.max(...(await Promise.all(detections)));
  note('detected after', `${(longestMs / 1000).toFixed(1)} s`);
  expect(
    longestMs <= DETECTED_WITHIN_MS,
    `only after ${longestMs.toFixed(0)} ms all services noticed that Redis is unavailable`,
  );
}

async function expectBoundedSpool(context: Context): Promise<void> {
  const bytes = await readMetric(context, 'gateway-1', 'gateway_spool_bytes');
  context.note('spooled', `${(bytes / 1024).toFixed(0)} KiB`);
  context.expect(bytes > 0.9 * SPOOL_MAX_BYTES, `with ${bytes} bytes the spool is not full`);
  const limit = SPOOL_MAX_BYTES + SPOOL_SLACK_BYTES;
  context.expect(bytes <= limit, `the spool has ${bytes} bytes, its limit is ${SPOOL_MAX_BYTES}`);
}
