import { createHash, randomUUID } from 'node:crypto';
import { link, readFile, rename, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { hasCode } from './error-code.ts';

/** What stands in a lock, and when its owner last said that it lives. */
export interface LockText {
  readonly text: string;
  readonly renewedAtMs: number;
}

/** Who wants a lock, and whom it leaves it to. */
export interface LockFileOptions {
  /** Where it lies. Beside it there are files of the same beginning meanwhile. */
  readonly file: string;
  /** What to write in it: the process, as no other would write it. */
  readonly text: string;
  /** Whether the owner of a lock that is there lives. Throws when it must not be touched. */
  readonly isHeld: (found: LockText) => boolean;
  /** What is to be done before the lock of a dead owner is removed; it is done by one process. */
  readonly clearUp?: (found: LockText) => Promise<void>;
}

/** The lock, or what stands in that of somebody else. */
export type LockFileResult =
  { readonly ok: true; readonly lock: LockFile } | { readonly ok: false; readonly held: LockText };

/** A lock of this process, until it is released. */
export interface LockFile {
  /** Writes something else in it. */
  rewrite(text: string): Promise<void>;
  /** Says that its owner lives. Who was taken for dead has lost it, and takes it again when it is free. */
  renew(): Promise<void>;
  /** Removes it, unless it is somebody else's by now. */
  release(): Promise<void>;
}

/** Takes a lock unless one who lives has it, or is just about to remove that of a dead one. */
export async function takeLockFile(options: LockFileOptions): Promise<LockFileResult> {
  const { file, text, isHeld } = options;
  for (;;) {
    if (await createWhole(file, text)) return { ok: true, lock: keep(options) };
    const found = await readIfThere(file);
    if (found === undefined) continue;
    if (isHeld(found)) return { ok: false, held: found };
    const remover = await removeDead(found, options);
    if (remover !== undefined) return { ok: false, held: remover };
  }
}

function keep(options: LockFileOptions): LockFile {
  const { file } = options;
  let { text } = options;
  return {
    rewrite: async (other) => {
      const temporary = await writeTemporary(file, other);
      await rename(temporary, file);
      text = other;
    },
    renew: async () => {
      const found = await readIfThere(file);
      const now = new Date();
      if (found === undefined) await createWhole(file, text);
      else if (found.text === text) await utimes(file, now, now);
    },
    release: async () => {
      // While its owner lives nobody else removes it, and a full disk must not keep it here.
      if ((await readIfThere(file))?.text === text) await rm(file, { force: true });
    },
  };
}

/**
 * Removes the lock of a dead owner. To look at it and to remove it are two steps: in between it could become the lock of one
 * who lives, if others removed it as well. So the right to remove a lock is a lock itself, under a name made of what stands
 * in the first. Resolves to who has that right, where it is not this process.
 */
async function removeDead(dead: LockText, options: LockFileOptions): Promise<LockText | undefined> {
  const { file, text, isHeld, clearUp } = options;
  const digest = createHash('sha256').update(dead.text).digest('hex').slice(0, 16);
  const right = `${file}.${digest}`;
  const taken = await takeLockFile({ file: right, text, isHeld });
  if (!taken.ok) return taken.held;
  try {
    const found = await readIfThere(file);
    if (found?.text !== dead.text || isHeld(found)) return undefined;
    await clearUp?.(found);
    await rm(file, { force: true });
    return undefined;
  } finally {
    await taken.lock.release();
  }
}

/** Written whole and then linked under its name, so that nobody reads half of it. */
async function createWhole(file: string, text: string): Promise<boolean> {
  const temporary = await writeTemporary(file, text);
  try {
    await link(temporary, file);
    return true;
  } catch (error) {
    if (hasCode(error, 'EEXIST')) return false;
    throw error;
  } finally {
    await rm(temporary, { force: true });
  }
}

async function writeTemporary(file: string, text: string): Promise<string> {
  // Processes in containers have the same pid.
  const temporary = `${file}.${randomUUID()}`;
  await writeFile(temporary, text);
  return temporary;
}

async function readIfThere(file: string): Promise<LockText | undefined> {
  try {
    const { mtimeMs } = await stat(file);
    return { text: await readFile(file, 'utf8'), renewedAtMs: mtimeMs };
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return undefined;
    throw error;
  }
}
