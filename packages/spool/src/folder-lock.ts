import { processStart, takeLockFile, type LockFile, type LockText } from '@turnlog/process-lock';
import { hostname } from 'node:os';
import path from 'node:path';

const LOCK_FILE = 'owner.json';
const RENEW_EVERY_MS = 5_000;
/** An owner on another host (another container on a shared volume) counts as dead after this silence. */
const FOREIGN_DEAD_AFTER_MS = 30_000;

/** Why a folder is locked: to write in it, or to clear what a dead gateway left. */
export type LockPurpose = 'own' | 'leftovers';

/** A process; pids are reused, a pid with its start is not. */
interface Owner {
  readonly host: string;
  readonly pid: number;
  readonly start: string;
  readonly purpose?: LockPurpose;
}

/** A folder that belongs to this process until it is released. */
export interface FolderLock {
  release(): Promise<void>;
}

/** The lock, or its holder and purpose. */
export type LockResult =
  | { readonly ok: true; readonly lock: FolderLock }
  | { readonly ok: false; readonly holder: string; readonly purpose: LockPurpose };

/** Takes a folder for this process unless a living one has it. */
export async function lockFolder(folder: string, purpose: LockPurpose): Promise<LockResult> {
  const own: Owner = { host: hostname(), pid: process.pid, start: processStart(process.pid) ?? '', purpose };
  const file = path.join(folder, LOCK_FILE);
  const taken = await takeLockFile({ file, text: JSON.stringify(own), isHeld });
  if (taken.ok) return { ok: true, lock: keepRenewed(taken.lock) };
  const { pid, host, purpose: heldFor = 'own' } = JSON.parse(taken.held.text) as Owner;
  return { ok: false, holder: `process ${pid} on ${host}`, purpose: heldFor };
}

function keepRenewed(lock: LockFile): FolderLock {
  const renewal = setInterval(() => {
    // A lock that cannot be renewed shows in the next write of the spool, which is on the same disk.
    lock.renew().catch(() => undefined);
  }, RENEW_EVERY_MS);
  renewal.unref();
  return {
    release: () => {
      clearInterval(renewal);
      return lock.release();
    },
  };
}

function isHeld({ text, renewedAtMs }: LockText): boolean {
  const owner = parseOwner(text);
  if (owner === undefined) return false;
  if (owner.host !== hostname()) return Date.now() - renewedAtMs < FOREIGN_DEAD_AFTER_MS;
  return processStart(owner.pid) === owner.start;
}

/** `undefined` for a text that no gateway wrote: a loss of power may leave an empty file. */
function parseOwner(text: string): Owner | undefined {
  try {
    return JSON.parse(text) as Owner;
  } catch {
    return undefined;
  }
}
