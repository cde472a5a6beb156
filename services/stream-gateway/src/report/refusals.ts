import { type Logger } from '@turnlog/service-kit';
import { Digest } from './digest.ts';

/** Counts refusals by what was refused and why, such as `socket.unauthorized`. */
export type Refusals = Digest<`${'socket' | 'http' | 'callback'}.${string}`>;

export function createRefusals(logger: Logger): Refusals {
  return new Digest((by_reason) => {
    const total = Object.values(by_reason).reduce<number>((sum, count = 0) => sum + count, 0);
    logger.warn(
      { event: 'requests_refused', total, by_reason },
      'streams, requests or callbacks were refused',
    );
  });
}
