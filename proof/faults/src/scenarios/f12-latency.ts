import { measureFeedLag } from '@turnlog/call-log';
import { sleep } from '@turnlog/service-kit';
import { recoveredWithin } from './recovered-within.ts';
import { type Context, type Scenario } from './scenario.ts';

const LATE_MS = 20_000;
const MAX_PENDING_MS = 30_000;
const LOOK_EVERY_MS = 500;

export const latency: Scenario = {
  id: 'F12',
  name: 'latency',
  title: 'Replies of Redis arrive 3 s late, after the deadline of a blocking read',
  pass: 'Entries in a reply that arrived too late are read again: nothing waits for longer than 30 s.',
  answer: 'After a deadline a consumer first reads its pending entries.',
  loss: 'nothing',
  quick: false,
  run: async (context) => {
    const { redisProxy, size } = context;
    const load = context.load({ windowMs: size.windowMs * 2 });
    await sleep(size.windowMs / 3);
    redisProxy.setFaults({ toClient: { latencyMs: 3_000, jitterMs: 500 } });
    const watched = watchWaiting(context);
    let longestMs: number;
    try {
      await sleep(LATE_MS);
      redisProxy.setFaults({});
      await recoveredWithin(context, 30);
      await load.finished;
    } finally {
      longestMs = await watched.stop();
    }
    context.note('waited at most', `${(longestMs / 1000).toFixed(1)} s`);
    context.expect(longestMs < MAX_PENDING_MS, `an entry has waited for ${longestMs} ms`);
  },
};

/** The longest that the oldest unacknowledged entry had waited. */
function watchWaiting({ redisEye, space }: Context) {
  const over = new AbortController();
  const watching = (async () => {
    let longestMs = 0;
    while (!over.signal.aborted) {
      for (const feed of ['activity', 'persist'] as const) {
        longestMs = Math.max(longestMs, (await measureFeedLag(redisEye, space, feed)).oldestAgeMs);
      }
      await sleep(LOOK_EVERY_MS, over.signal);
    }
    return longestMs;
  })();
  return {
    stop: () => {
      over.abort();
      return watching;
    },
  };
}
