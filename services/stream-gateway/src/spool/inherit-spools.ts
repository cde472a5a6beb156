import { sleep } from '@turnlog/service-kit';
import { type Leftover } from '@turnlog/spool';
import { type GatewayParts } from '../gateway-parts.ts';
import { type GatewayStores } from '../gateway-stores.ts';
import { replaySpool } from './replay-spool.ts';

const LOOK_EVERY_MS = 5_000;

/**
 * Sends what dead gateways left in their spools: at once what there is, and from then on what those leave that die while
 * this one lives, as a container does that never comes back. New calls don't wait for it.
 */
export function inheritSpools(
  spool: NonNullable<GatewayStores['spool']>,
  { stores, context, logger, lifecycle }: Pick<GatewayParts, 'stores' | 'context' | 'logger' | 'lifecycle'>,
): void {
  const { appender, producerLimits: limits, producerObserver: observer, now } = context;
  const { retention } = stores;
  const { outbox } = spool;
  const { signal } = lifecycle;

  const replay = (leftover: Leftover): void => {
    const options = { outbox, retention, producer: { appender, limits, observer }, logger, now };
    replaySpool(leftover, options).catch((err: unknown) => {
      logger.error({ err }, 'the spool of a dead gateway was not replayed; its files stay');
    });
  };

  const keepLooking = async (): Promise<void> => {
    await sleep(LOOK_EVERY_MS, signal);
    while (!signal.aborted) {
      try {
        for (const leftover of await spool.takeOver()) replay(leftover);
      } catch (err) {
        logger.warn({ err }, 'the spools of other gateways could not be looked at');
      }
      await sleep(LOOK_EVERY_MS, signal);
    }
  };

  for (const leftover of spool.leftovers) replay(leftover);
  const looking = keepLooking();
  lifecycle.onStop('inherited spools', () => looking);
}
