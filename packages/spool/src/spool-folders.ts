import { mkdir, readdir } from 'node:fs/promises';
import path from 'node:path';
import { lockFolder, type FolderLock } from './folder-lock.ts';
import { openSpoolDisk, type SpoolDisk } from './spool-disk.ts';
import { readRecords, type SpoolRecord } from './spool-record.ts';

/** What gateways that died left, in one folder of theirs. */
export interface Leftover {
  readonly records: readonly SpoolRecord[];
  /** Lines that are no records: the last one of a file may be torn. */
  readonly damaged: number;
  /** To be called when Redis has acknowledged every record. */
  remove(): Promise<void>;
}

/** The folder of one gateway, and what it found there and beside it. */
export interface SpoolFolders {
  readonly disk: SpoolDisk;
  readonly firstNumber: number;
  readonly leftovers: readonly Leftover[];
  close(): Promise<void>;
}

/**
 * Takes the folder of this instance, and those of others whose gateways are dead (a container that was replaced comes
 * back under another name). Throws when a living gateway has the instance's own.
 */
export async function openSpoolFolders(root: string, instance: string): Promise<SpoolFolders> {
  const own = path.join(root, instance);
  const disk = await openSpoolDisk(own);
  const lock = await lockFolder(own);
  if (!lock.ok) {
    throw new Error(
      `the spool in ${own} belongs to ${lock.holder}, a gateway that runs under the same INSTANCE; give each its own`,
    );
  }
  const locks: FolderLock[] = [lock.lock];
  const numbers = await disk.list();
  const leftovers: Leftover[] = [await readLeftover(disk, numbers)];
  for (const folder of await foldersBeside(root, instance)) {
    const foreign = await lockFolder(folder);
    if (!foreign.ok) continue;
    locks.push(foreign.lock);
    const foreignDisk = await openSpoolDisk(folder);
    leftovers.push(await readLeftover(foreignDisk, await foreignDisk.list()));
  }
  return {
    disk,
    firstNumber: (numbers.at(-1) ?? 0) + 1,
    leftovers: leftovers.filter(({ records, damaged }) => records.length + damaged > 0),
    close: async () => {
      for (const each of locks) await each.release();
    },
  };
}

async function readLeftover(disk: SpoolDisk, numbers: readonly number[]): Promise<Leftover> {
  const records: SpoolRecord[] = [];
  let damaged = 0;
  for (const number of numbers) {
    const file = readRecords(await disk.read(number));
    for (const record of file.records) records.push(record);
    damaged += file.damaged;
  }
  const remove = async (): Promise<void> => {
    for (const number of numbers) await disk.remove(number);
  };
  return { records, damaged, remove };
}

async function foldersBeside(root: string, instance: string): Promise<string[]> {
  await mkdir(root, { recursive: true });
  const entries = await readdir(root, { withFileTypes: true });
  const folders = entries.filter((entry) => entry.isDirectory() && entry.name !== instance);
  return folders.map(({ name }) => path.join(root, name));
}
