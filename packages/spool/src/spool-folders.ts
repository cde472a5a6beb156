import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import { lockFolder, type FolderLock } from './folder-lock.ts';
import { foldersIn, openSpoolDisk, type SpoolDisk } from './spool-disk.ts';
import { readRecords, type SpoolRecord } from './spool-record.ts';

/** The files that dead gateways left in one of their folders. */
export interface Leftover {
  readonly records: readonly SpoolRecord[];
  /** Lines that are not records: the last one of a file may be torn. */
  readonly damaged: number;
  /** Call it when Redis has acknowledged every record. */
  remove(): Promise<void>;
}

/** The folder of one gateway, and its findings there and beside it. */
export interface SpoolFolders {
  readonly disk: SpoolDisk;
  readonly firstNumber: number;
  /** The files of gateways that died before. */
  readonly leftovers: readonly Leftover[];
  /** Takes over the files of gateways that died since (a replaced container has another name). */
  takeOver(): Promise<Leftover[]>;
  close(): Promise<void>;
}

/** Takes the folder of this instance, and those of dead gateways. Throws if a living gateway has the instance's own. */
export async function openSpoolFolders(root: string, instance: string): Promise<SpoolFolders> {
  await mkdir(root, { recursive: true });
  const { folder: own, lock } = await lockOwn(root, instance);
  const locks = new Set([lock]);
  const disk = await openSpoolDisk(own);
  const numbers = await disk.list();

  const takeOne = async (folder: string): Promise<Leftover[]> => {
    // An empty folder is not even locked, so as not to block a gateway that starts there.
    const foreign = await openSpoolDisk(folder);
    if ((await foreign.list()).length === 0) return [];
    const taken = await lockFolder(folder, 'leftovers');
    if (!taken.ok) return [];
    locks.add(taken.lock);
    const leftover = await readLeftover(foreign, await foreign.list());
    const remove = async (): Promise<void> => {
      await leftover.remove();
      locks.delete(taken.lock);
      await taken.lock.release();
    };
    return [{ ...leftover, remove }];
  };

  const takeOver = async (): Promise<Leftover[]> => {
    const taken: Leftover[] = [];
    for (const folder of await foldersIn(root)) if (folder !== own) taken.push(...(await takeOne(folder)));
    return taken;
  };

  const ofOwn = numbers.length > 0 ? [await readLeftover(disk, numbers)] : [];
  return {
    disk,
    firstNumber: (numbers.at(-1) ?? 0) + 1,
    leftovers: [...ofOwn, ...(await takeOver())],
    takeOver,
    close: async () => {
      for (const each of locks) await each.release();
    },
  };
}

/** While another gateway still clears what this instance left when it died, the instance takes a folder beside it. */
async function lockOwn(root: string, instance: string): Promise<{ folder: string; lock: FolderLock }> {
  for (let nth = 1; ; nth += 1) {
    const folder = path.join(root, nth === 1 ? instance : `${instance}~${nth}`);
    await openSpoolDisk(folder);
    const taken = await lockFolder(folder, 'own');
    if (taken.ok) return { folder, lock: taken.lock };
    if (taken.purpose === 'own') {
      throw new Error(
        `the spool in ${folder} belongs to ${taken.holder}, a gateway that runs under the same INSTANCE; give each its own`,
      );
    }
  }
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
