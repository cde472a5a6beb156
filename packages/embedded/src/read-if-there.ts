import { readFile } from 'node:fs/promises';
import { hasCode } from '@turnlog/process-lock';

/** A file's text; `undefined` if there is none. Checked by reading, because it may be removed at any moment. */
export async function readIfThere(file: string): Promise<string | undefined> {
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return undefined;
    throw error;
  }
}
