import { existsSync } from 'node:fs';
import { chmod, mkdir, mkdtemp, rename, rm } from 'node:fs/promises';
import path from 'node:path';
import { hasCode } from '@turnlog/process-lock';

/**
 * Creates `folder`, unless it exists, by filling a temporary folder beside it and renaming that. Concurrent
 * processes each build their own copy; the first to finish wins, and half a folder is never visible.
 */
export async function buildOnce(folder: string, fill: (temporary: string) => Promise<void>): Promise<void> {
  if (existsSync(folder)) return;
  await mkdir(path.dirname(folder), { recursive: true });
  const temporary = await mkdtemp(`${folder}.`);
  try {
    await chmod(temporary, 0o755);
    await fill(temporary);
    await rename(temporary, folder);
  } catch (error) {
    await rm(temporary, { recursive: true, force: true });
    const anotherWon = existsSync(folder) && hasCode(error, 'ENOTEMPTY', 'EEXIST');
    if (!anotherWon) throw error;
  }
}
