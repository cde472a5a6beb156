import { runLoop, type Lifecycle } from '@turnlog/service-kit';
import { type Leftover } from '@turnlog/spool';
import { type GatewaySpool } from './open-spool.ts';
import { replaySpool, type ReplayOptions } from './replay-spool.ts';

const LOOK_EVERY_MS = 5_000;

/**
 * Replays the spools of dead gateways: those that are there, and until the service stops those of gateways that die later,
 * as containers do that never start again. New calls don't wait for it.
 */
export function takeOverSpools(
  spool: Pick<GatewaySpool, 'leftovers' | 'takeOver'>,
  options: ReplayOptions & { readonly lifecycle: Lifecycle },
): void {
  const { logger, lifecycle } = options;
  const replay = (leftover: Leftover): void => {
    replaySpool(leftover, options).catch((err: unknown) => {
      logger.error(
        { event: 'spool_not_replayed', err },
        'the spool of a dead gateway was not replayed; its files are kept',
      );
    });
  };
  for (const leftover of spool.leftovers) replay(leftover);
  runLoop({
    name: 'spool takeover',
    lifecycle,
    signal: lifecycle.signal,
    firstAfterMs: LOOK_EVERY_MS,
    everyMs: LOOK_EVERY_MS,
    task: async () => {
      for (const leftover of await spool.takeOver()) replay(leftover);
    },
    onError: (err) =>
      logger.warn({ event: 'spools_not_read', err }, 'the spools of other gateways could not be read'),
  });
}
