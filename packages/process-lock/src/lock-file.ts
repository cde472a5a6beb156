import { createHash, randomUUID } from 'node:crypto';
import { link, readFile, rename, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { hasCode } from './error-code.ts';

/** The content of a lock, and when its owner last renewed it. */
export interface LockText {
  readonly text: string;
  readonly renewedAtMs: number;
}

/** A process that wants a lock, and its rules for an existing one. */
export interface LockFileOptions {
  /** The path. Temporary files with this prefix may be beside it. */
  readonly file: string;
  /** The content of the lock: identifies the process uniquely. */
  readonly text: string;
  /** Whether the owner of an existing lock lives. Throws if the lock must not be touched. */
  readonly isHeld: (found: LockText) => boolean;
  /** The clean-up before a dead owner's lock is removed; one process does it. */
  readonly clearUp?: (found: LockText) => Promise<void>;
}

/** The lock, or the content of another process's lock. */
export type LockFileResult =
  { readonly ok: true; readonly lock: LockFile } | { readonly ok: false; readonly held: LockText };

/** A lock of this process, until it is released. */
export interface LockFile {
  /** Replaces the content. */
  rewrite(text: string): Promise<void>;
  /** Renews the lock. An owner that was taken for dead has lost it, and takes it again when it is free. */
  renew(): Promise<void>;
  /** Removes it, unless it belongs to another process by now. */
  release(): Promise<void>;
}

/** Takes a lock unless its owner lives, or another process is removing a dead owner's lock. */
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
      // While its owner lives no other process removes it, and a full disk must not keep it here.
      if ((await readIfThere(file))?.text === text) await rm(file, { force: true });
    },
  };
}

/**
 * Removes the lock of a dead owner. Reading and removing it are two steps: in between it could become the
 * lock of a living process, if others removed it as well. So the right to remove a lock is itself a lock,
 * under a name made of the content of the first. Resolves to the content of that lock if another process has
 * it.
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

/** Written completely and then linked under its name, so that half of it is never visible. */
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
