import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { link, readFile, rename, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import path from 'node:path';

const LOCK_FILE = 'owner.json';
const RENEW_EVERY_MS = 5_000;
/** An owner on another host (another container on a shared volume) that has not been heard of for so long is dead. */
const FOREIGN_DEAD_AFTER_MS = 30_000;

/** What a folder is locked for: to write in it, or to clear away what a dead gateway left in it. */
export type LockPurpose = 'own' | 'leftovers';

/** A process; pids are used again, a pid with its start is not. */
interface Owner {
  readonly host: string;
  readonly pid: number;
  readonly start: string;
  readonly purpose?: LockPurpose;
}

/** A folder that is this process' own until it is released. */
export interface FolderLock {
  release(): Promise<void>;
}

/** The lock, or who holds it, and what for. */
export type LockResult =
  | { readonly ok: true; readonly lock: FolderLock }
  | { readonly ok: false; readonly holder: string; readonly purpose: LockPurpose };

/** Takes a folder for this process unless one that lives has it. */
export async function lockFolder(folder: string, purpose: LockPurpose): Promise<LockResult> {
  const file = path.join(folder, LOCK_FILE);
  const own: Owner = { host: hostname(), pid: process.pid, start: startOf(process.pid) ?? '', purpose };
  const text = JSON.stringify(own);
  for (;;) {
    if (await createWhole(file, text)) return { ok: true, lock: keep(file, text) };
    const held = await readIfThere(file);
    if (held === undefined) continue;
    const holder = parseOwner(held.text);
    if (holder !== undefined && isAlive(holder, held.renewedAtMs)) {
      const { pid, host, purpose: heldFor = 'own' } = holder;
      return { ok: false, holder: `process ${pid} on ${host}`, purpose: heldFor };
    }
    await removeDead(file, held.text);
  }
}

function keep(file: string, text: string): FolderLock {
  const renewal = setInterval(() => {
    // A lock that can't be renewed shows in the next write of the spool, which is on the same disk.
    renew(file, text).catch(() => undefined);
  }, RENEW_EVERY_MS);
  renewal.unref();
  return {
    release: async () => {
      clearInterval(renewal);
      if ((await readIfThere(file))?.text === text) await rm(file, { force: true });
    },
  };
}

/** Who was frozen for so long that it was taken for dead has lost its lock, and takes it again when it is free. */
async function renew(file: string, text: string): Promise<void> {
  const held = await readIfThere(file);
  const now = new Date();
  if (held === undefined) await createWhole(file, text);
  else if (held.text === text) await utimes(file, now, now);
}

function isAlive({ host, pid, start }: Owner, renewedAtMs: number): boolean {
  if (host !== hostname()) return Date.now() - renewedAtMs < FOREIGN_DEAD_AFTER_MS;
  return startOf(pid) === start;
}

/** When a process began, in the system's own terms; undefined when there is none. */
function startOf(pid: number): string | undefined {
  if (process.platform !== 'linux') return isRunning(pid) ? '' : undefined;
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    // proc(5): the second field is a name in brackets that may hold spaces. Third: state; twenty-second: start.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return fields[0] === 'Z' || fields[0] === 'X' ? undefined : fields[19];
  } catch (error) {
    if (hasCode(error, 'ENOENT', 'ESRCH')) return undefined;
    throw error;
  }
}

function isRunning(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return !hasCode(error, 'ESRCH');
  }
}

/** Written whole and then linked under its name, so that nobody reads half of it. */
async function createWhole(file: string, text: string): Promise<boolean> {
  // Gateways in containers have the same pid.
  const temporary = `${file}.${randomUUID()}`;
  await writeFile(temporary, text, { mode: 0o600 });
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

/** Moves the lock aside first: one that somebody else has taken since it was read is put back. */
async function removeDead(file: string, text: string): Promise<void> {
  const aside = `${file}.${randomUUID()}.dead`;
  try {
    await rename(file, aside);
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return;
    throw error;
  }
  if ((await readFile(aside, 'utf8')) === text) await rm(aside);
  else await rename(aside, file);
}

async function readIfThere(file: string): Promise<{ text: string; renewedAtMs: number } | undefined> {
  try {
    const { mtimeMs } = await stat(file);
    return { text: await readFile(file, 'utf8'), renewedAtMs: mtimeMs };
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return undefined;
    throw error;
  }
}

/** `undefined` for what no gateway wrote: a loss of power may leave a file without its text. */
function parseOwner(text: string): Owner | undefined {
  try {
    return JSON.parse(text) as Owner;
  } catch {
    return undefined;
  }
}

function hasCode(error: unknown, ...codes: readonly string[]): boolean {
  return (
    typeof error === 'object' && error !== null && 'code' in error && codes.includes(error.code as string)
  );
}
