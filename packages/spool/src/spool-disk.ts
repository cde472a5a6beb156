import { mkdir, open, readdir, readFile, rename, rm, writeFile, type FileHandle } from 'node:fs/promises';
import path from 'node:path';

const SEGMENT = /^\d{10}\.spool$/;

/** One file of the spool while it is written. */
export interface SpoolFile {
  /** Resolves when the bytes are on the disk, not only in the system's cache. */
  append(bytes: Buffer): Promise<void>;
  close(): Promise<void>;
}

/** The folder of a spool. An interface, so that a test can have a full disk. */
export interface SpoolDisk {
  /** The numbers of the existing files, the oldest first. */
  list(): Promise<number[]>;
  read(number: number): Promise<Buffer>;
  create(number: number): Promise<SpoolFile>;
  /** Replaces a file that is not being written: after a loss of power it has the old bytes or the new ones. */
  replace(number: number, bytes: Buffer): Promise<void>;
  remove(number: number): Promise<void>;
}

/** The folders in a folder, one for each spool. */
export async function foldersIn(root: string): Promise<string[]> {
  const entries = await readdir(root, { withFileTypes: true });
  return entries.filter((entry) => entry.isDirectory()).map(({ name }) => path.join(root, name));
}

/** A folder for one gateway's spool, readable by its user alone. */
export async function openSpoolDisk(folder: string): Promise<SpoolDisk> {
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const fileOf = (number: number): string => path.join(folder, `${String(number).padStart(10, '0')}.spool`);
  return {
    list: async () => {
      const names = await readdir(folder);
      const segments = names.filter((name) => SEGMENT.test(name));
      return segments.map((name) => Number.parseInt(name, 10)).sort((a, b) => a - b);
    },
    read: (number) => readFile(fileOf(number)),
    create: async (number) => {
      const handle = await open(fileOf(number), 'ax', 0o600);
      // A file whose name is not on the disk is missing after a loss of power.
      await syncFolder(folder);
      return toFile(handle);
    },
    replace: async (number, bytes) => {
      const temporary = `${fileOf(number)}.new`;
      await writeFile(temporary, bytes, { mode: 0o600, flush: true });
      await rename(temporary, fileOf(number));
      await syncFolder(folder);
    },
    remove: (number) => rm(fileOf(number), { force: true }),
  };
}

function toFile(handle: FileHandle): SpoolFile {
  return {
    append: async (bytes) => {
      await handle.writeFile(bytes);
      await handle.datasync();
    },
    close: () => handle.close(),
  };
}

async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
