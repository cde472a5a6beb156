import { stat } from 'node:fs/promises';
import { createCallEraser, type CallEraser } from '@turnlog/call-log';
import type { CallStore } from '@turnlog/call-store';
import type { Redis } from 'ioredis';
import { CommandError } from '../command-error.ts';
import { findServers, type AskedServers } from '../connections/find-servers.ts';
import { openRedis, withRedis } from '../connections/with-redis.ts';
import { withStore } from '../connections/with-store.ts';
import type { Terminal } from '../terminal.ts';

/** The stores of calls. */
export interface CallPlaces {
  readonly store: CallStore;
  readonly eraser: CallEraser;
  /** The known folders of the gateways' spools. */
  readonly spoolDirs: readonly string[];
}

/** Opens all stores of calls during the work. */
export async function withCallPlaces<T>(
  asked: AskedServers & { readonly spool: readonly string[] },
  terminal: Terminal,
  work: (places: CallPlaces) => Promise<T>,
): Promise<T> {
  const { audioRedisUrl } = await findServers(asked, terminal);
  const spoolDirs = await findSpools(asked.spool, terminal);
  return withStore(asked, terminal, (store) =>
    withRedis(asked, terminal, async ({ redis, space, url }) => {
      const workWith = (audio: Redis): Promise<T> =>
        work({ store, spoolDirs, eraser: createCallEraser(redis, space, audio) });
      if (audioRedisUrl === undefined || audioRedisUrl === url) return workWith(redis);
      return openRedis(audioRedisUrl, workWith);
    }),
  );
}

/** The named folders of the gateways' spools, or SPOOL_DIR. Throws if one does not exist. */
async function findSpools(named: readonly string[], { env }: Terminal): Promise<readonly string[]> {
  const { SPOOL_DIR: byDefault = '' } = env;
  const folders = named.length > 0 || byDefault === '' ? named : [byDefault];
  for (const folder of folders) {
    const found = await stat(folder).catch(() => undefined);
    if (found?.isDirectory() !== true)
      throw new CommandError(`There is no folder ${folder}: name that of the gateways' SPOOL_DIR.`);
  }
  return folders;
}
