import { stat } from 'node:fs/promises';
import { envValue, readConfig } from '@turnlog/service-kit';
import { z } from 'zod';
import { CommandError } from '../command-error.ts';
import { listFlag, text } from '../flags.ts';
import { type Terminal } from '../terminal.ts';

/** Says where the gateways' spools are. */
export const spoolFlags = {
  spool: listFlag(text, '<folder>', 'folder of the gateways’ spools; SPOOL_DIR by default'),
};

/** What was said on the command line. */
export interface AskedSpools {
  readonly spool: readonly string[];
}

const environment = z.object({ SPOOL_DIR: envValue('a folder', (value) => ({ value })).optional() });

/** The folders of the gateways' spools on this machine that were named, if any. Throws when one is not there. */
export async function findSpools(
  { spool }: AskedSpools,
  { env }: Pick<Terminal, 'env'>,
): Promise<readonly string[]> {
  const read = readConfig(environment, env);
  const byDefault = read.ok && read.config.SPOOL_DIR !== undefined ? [read.config.SPOOL_DIR] : [];
  const folders = spool.length > 0 ? spool : byDefault;
  for (const folder of folders) {
    if (!(await isFolder(folder)))
      throw new CommandError(`There is no folder ${folder}: name that of the gateways' SPOOL_DIR.`);
  }
  return folders;
}

async function isFolder(folder: string): Promise<boolean> {
  try {
    return (await stat(folder)).isDirectory();
  } catch {
    return false;
  }
}
