import { sleep } from '@turnlog/service-kit';
import { type Leftover } from '@turnlog/spool';
import { type GatewaySpool } from './open-spool.ts';
import { replaySpool, type ReplayOptions } from './replay-spool.ts';

const LOOK_EVERY_MS = 5_000;

/**
 * Replays the spools of dead gateways: those that are there, and from then on those of gateways that die while this one
 * runs, as containers do that never come back. New calls don't wait for it. Resolves after the signal.
 */
export async function takeOverSpools(
  spool: Pick<GatewaySpool, 'leftovers' | 'takeOver'>,
  options: ReplayOptions,
  signal: AbortSignal,
): Promise<void> {
  const { logger } = options;
  const replay = (leftover: Leftover): void => {
    replaySpool(leftover, options).catch((err: unknown) => {
      logger.error({ err }, 'the spool of a dead gateway was not replayed; its files stay');
    });
  };

  for (const leftover of spool.leftovers) replay(leftover);
  await sleep(LOOK_EVERY_MS, signal);
  while (!signal.aborted) {
    try {
      for (const leftover of await spool.takeOver()) replay(leftover);
    } catch (err) {
      logger.warn({ err }, 'the spools of other gateways could not be looked at');
    }
    await sleep(LOOK_EVERY_MS, signal);
  }
}
