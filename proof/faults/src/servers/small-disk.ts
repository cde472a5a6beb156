import { execFile, execFileSync } from 'node:child_process';
import { mkdir, open, rm } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);
const CHUNK = Buffer.alloc(64 * 1024);
const FILLER = 'filler';

/** A small file system. */
export interface SmallDisk {
  readonly folder: string;
  /** Takes all remaining room. */
  fill(): Promise<void>;
  /** Releases it. */
  free(): Promise<void>;
  unmount(): Promise<void>;
}

/** Mounts one in a new folder; `undefined` without the right to mount. */
export async function mountSmallDisk(folder: string, maxBytes: number): Promise<SmallDisk | undefined> {
  await mkdir(folder, { recursive: true });
  const isMounted = await run('mount', ['-t', 'tmpfs', '-o', `size=${maxBytes},mode=0711`, 'tmpfs', folder])
    .then(() => true)
    .catch(() => false);
  if (!isMounted) return undefined;
  // It must not outlive an interrupted suite.
  const unmountNow = (): void => void execFileSync('umount', ['--lazy', folder]);
  process.once('exit', unmountNow);
  const filler = path.join(folder, FILLER);
  return {
    folder,
    fill: () => writeUntilFull(filler),
    free: () => rm(filler),
    unmount: async () => {
      // Lazily, because a killed process may still use it.
      await run('umount', [folder]).catch(() => run('umount', ['--lazy', folder]));
      process.off('exit', unmountNow);
    },
  };
}

async function writeUntilFull(file: string): Promise<void> {
  const handle = await open(file, 'w');
  try {
    for (;;) await handle.write(CHUNK);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOSPC') throw error;
  } finally {
    await handle.close();
  }
}
