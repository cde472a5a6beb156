import { stat } from 'node:fs/promises';
import { envValue, readConfig } from '@turnlog/service-kit';
import { z } from 'zod';
import { CommandError } from '../command-error.ts';
import { listFlag, text } from '../flags.ts';
import { type Terminal } from '../terminal.ts';

/** Flags for the gateways' spools. */
export const spoolFlags = {
  spool: listFlag(text, '<folder>', 'folder of the gateways’ spools; SPOOL_DIR by default'),
};

/** The flags of the command line. */
export interface AskedSpools {
  readonly spool: readonly string[];
}

const environment = z.object({ SPOOL_DIR: envValue('a folder', (value) => ({ value })).optional() });

/** The folders of the gateways' spools that were named, if any. Throws if one does not exist. */
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
