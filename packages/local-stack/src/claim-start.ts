import { randomUUID } from 'node:crypto';
import { link, readFile, rm, stat, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { LocalStackError } from './errors.ts';
import { isAlive } from './is-alive.ts';

const FILE = 'starting.pid';
/** Longer than any start takes: a claim this old was left by a process that was killed, and its pid may be another's. */
const STALE_AFTER_MS = 15 * 60_000;

/**
 * Lets one process at a time start a stack on a folder; resolves to what ends the claim. Throws `already_running` while
 * another process has it.
 */
export async function claimStart(dataDir: string): Promise<() => Promise<void>> {
  const file = path.join(dataDir, FILE);
  while (!(await createExclusively(file))) {
    const holder = await readHolder(file);
    if (holder !== undefined) {
      throw new LocalStackError(
        'already_running',
        `Turnlog is just being started here by process ${holder}. Wait until it is up, or stop it with Ctrl-C in its terminal.`,
      );
    }
    await rm(file, { force: true });
  }
  return () => rm(file, { force: true });
}

/** The living process that made the claim. */
async function readHolder(file: string): Promise<number | undefined> {
  try {
    const { mtimeMs } = await stat(file);
    const pid = Number(await readFile(file, 'utf8'));
    const isStale = Date.now() - mtimeMs > STALE_AFTER_MS || !(pid > 0) || !isAlive(pid);
    return isStale ? undefined : pid;
  } catch (error) {
    // Its process has just ended the claim.
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}

/** Written whole and then linked under its name, so that nobody reads half a claim. */
async function createExclusively(file: string): Promise<boolean> {
  const temporary = `${file}.${process.pid}.${randomUUID()}`;
  await writeFile(temporary, String(process.pid), { mode: 0o600 });
  try {
    await link(temporary, file);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  } finally {
    await rm(temporary);
  }
}
