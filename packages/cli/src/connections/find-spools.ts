import { stat } from 'node:fs/promises';
import { envValue, readConfig } from '@turnlog/service-kit';
import { z } from 'zod';
import { CommandError } from '../command-error.ts';
import { text, valueFlag } from '../flags.ts';
import { type Terminal } from '../terminal.ts';

/** Says where the gateways' spools are. */
export const spoolFlags = {
  spool: valueFlag(text, '<folder>', 'folder of the gateways’ spools; SPOOL_DIR by default'),
};

/** What was said on the command line. */
export interface AskedSpools {
  readonly spool?: string | undefined;
}

const environment = z.object({ SPOOL_DIR: envValue('a folder', (value) => ({ value })).optional() });

/** The folder of the gateways' spools on this machine, if any was named. Throws when it is not there. */
export async function findSpools(
  { spool }: AskedSpools,
  { env }: Pick<Terminal, 'env'>,
): Promise<string | undefined> {
  const read = readConfig(environment, env);
  const folder = spool ?? (read.ok ? read.config.SPOOL_DIR : undefined);
  if (folder === undefined) return undefined;
  const isFolder = await stat(folder).then(
    (found) => found.isDirectory(),
    () => false,
  );
  if (!isFolder)
    throw new CommandError(`There is no folder ${folder}: name that of the gateways' SPOOL_DIR.`);
  return folder;
}
