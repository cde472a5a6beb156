import { LiveCalls, measureFeedLag } from '@turnlog/call-log';
import { sleep } from '@turnlog/service-kit';
import { type World } from '../world/world.ts';
import { type Violation } from './violation.ts';

const POLL_MS = 200;

/** Waits until no work is left; resolves to the remaining work if that takes too long. */
export async function untilQuiet({ redisEye, space }: World, timeoutMs: number): Promise<Violation[]> {
  const deadline = performance.now() + timeoutMs;
  const liveCalls = new LiveCalls(redisEye, space);
  for (;;) {
    const left = await whatIsLeft().catch((error: unknown) => [`Redis can't be asked: ${String(error)}`]);
    if (left.length === 0) return [];
    if (performance.now() > deadline) {
      return [{ problem: `not quiet after ${timeoutMs / 1000} s: ${left.join(', ')}` }];
    }
    await sleep(POLL_MS);
  }

  async function whatIsLeft(): Promise<string[]> {
    const live = (await liveCalls.list()).map(({ call }) => call.callSid);
    const feeds = await Promise.all(
      (['activity', 'persist'] as const).map(async (feed) => {
        const { lag, pending } = await measureFeedLag(redisEye, space, feed);
        return lag === 0 && pending === 0
          ? []
          : [`${feed} feed: ${lag ?? 'unknown'} unread, ${pending} pending`];
      }),
    );
    return [...(live.length > 0 ? [`live calls: ${live.slice(0, 5).join(' ')}`] : []), ...feeds.flat()];
  }
}
