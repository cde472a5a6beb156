import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { type Terminal } from '../terminal.ts';

const OF_THE_REPOSITORY = fileURLToPath(new URL('../../../../.data', import.meta.url));

/** The data folder: the given one, TURNLOG_DATA_DIR, or `.data` of the repository. */
export function dataDirOf(asked: string | undefined, { env }: Terminal): string {
  const chosen = asked ?? env['TURNLOG_DATA_DIR'];
  return chosen === undefined || chosen === '' ? OF_THE_REPOSITORY : path.resolve(chosen);
}
