import { createCallEraser } from '@turnlog/call-log';
import { type CallPlaces } from '../privacy/call-places.ts';
import { type Terminal } from '../terminal.ts';
import { findServers, type AskedServers } from './find-servers.ts';
import { openRedis, withRedis } from './with-redis.ts';
import { findSpools, type AskedSpools } from './find-spools.ts';
import { withStore } from './with-store.ts';

/** Opens all stores of calls during the work. */
export async function withCallPlaces<T>(
  asked: AskedServers & AskedSpools,
  terminal: Terminal,
  work: (places: CallPlaces) => Promise<T>,
): Promise<T> {
  const { audioRedisUrl } = await findServers(asked, terminal);
  const spoolDirs = await findSpools(asked, terminal);
  return withStore(asked, terminal, (store) =>
    withRedis(asked, terminal, async ({ redis, space, url }) => {
      const placesWith = (audio: typeof redis): CallPlaces => ({
        ...{ store, redis, space, spoolDirs },
        eraser: createCallEraser(redis, space, audio),
      });
      if (audioRedisUrl === undefined || audioRedisUrl === url) return work(placesWith(redis));
      return openRedis(audioRedisUrl, (audio) => work(placesWith(audio)));
    }),
  );
}
