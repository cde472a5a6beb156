import { accessSync, constants, mkdirSync, statSync } from 'node:fs';
import path from 'node:path';
import { hasCode } from '@turnlog/process-lock';
import { LocalStackError } from './errors.ts';

/**
 * Creates the folder that SPOOL_DIR names, one level after the other: Node's recursive `mkdir` never returns
 * under /proc. Throws `wrong_setting` if it cannot be created.
 */
export function makeSpoolFolder(folder: string): void {
  const { root } = path.parse(path.resolve(folder));
  const names = path.relative(root, path.resolve(folder)).split(path.sep);
  try {
    names.reduce((parent, name) => makeFolder(path.join(parent, name)), root);
    accessSync(folder, constants.W_OK);
  } catch (error) {
    throw new LocalStackError(
      'wrong_setting',
      `SPOOL_DIR=${folder} cannot be created: ${(error as Error).message}. Choose a folder that this user may write to, or leave it out.`,
      { cause: error },
    );
  }
}

function makeFolder(folder: string): string {
  try {
    mkdirSync(folder);
  } catch (error) {
    // Windows and macOS answer EPERM or EISDIR for the root of a disk.
    if (!hasCode(error, 'EEXIST', 'EISDIR', 'EPERM')) throw error;
    if (!isFolder(folder)) throw new Error(`ENOTDIR: ${folder} is not a folder`, { cause: error });
  }
  return folder;
}

function isFolder(name: string): boolean {
  return statSync(name, { throwIfNoEntry: false })?.isDirectory() === true;
}

const FULL = 'Make room, and start again.';

/** The error that a person can act on, if the data folder is the reason; else the error as it is. */
export function explainFolderError(error: unknown, dataDir: string): unknown {
  // A wrong setting has its sentence, also if it names a folder.
  if (error instanceof LocalStackError && error.code === 'wrong_setting') return error;
  const cause = error instanceof Error && error.cause !== undefined ? error.cause : error;
  const { path: file } = cause as NodeJS.ErrnoException;
  const sentence = sentenceOf(cause, file === undefined ? dataDir : path.dirname(file), dataDir);
  return sentence === undefined ? error : new LocalStackError('folder_unusable', sentence, { cause: error });
}

function sentenceOf(error: unknown, folder: string, dataDir: string): string | undefined {
  if (hasCode(error, 'ENOSPC', 'EDQUOT') || isOfFullDisk(error))
    return `The disk of ${dataDir} is full. ${FULL}`;
  if (hasCode(error, 'EROFS')) return `${dataDir} is on a disk that is read-only. ${otherFolder()}`;
  if (!hasCode(error, 'EACCES', 'EPERM')) return undefined;
  return (
    `This user may not write to ${folder}: it belongs to another user, who ran Turnlog here or from whom the folder was copied. ` +
    `Take it over with: sudo chown -R "$(id -un)" '${dataDir}'. ${otherFolder()}`
  );
}

/** What initdb and the servers print. */
function isOfFullDisk(error: unknown): boolean {
  return error instanceof Error && /No space left on device|Disk quota exceeded/.test(error.message);
}

function otherFolder(): string {
  return 'Or use another folder: TURNLOG_DATA_DIR=<folder> npm start';
}
