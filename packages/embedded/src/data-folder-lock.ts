import { link, mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { hasCode } from './error-code.ts';
import { poll } from './poll.ts';
import { processStart } from './process-info.ts';

const LOCK_FILE = 'lock.json';
const STOP_TIMEOUT_MS = 10_000;

interface ProcessIdentity {
  readonly pid: number;
  readonly start: string;
}

interface LockRecord {
  /** The process that holds the folder. */
  readonly owner: ProcessIdentity;
  /** The server it started there. */
  readonly server?: ProcessIdentity;
}

export interface DataFolderLock {
  /** Notes the server's process, so that a later start can find it if this process dies without stopping it. */
  recordServer(pid: number): Promise<void>;
  release(): Promise<void>;
}

/**
 * Takes a data folder for this process. Throws when another living process has it. When the owner died and left its
 * server running, that server is stopped first: with SIGTERM or the signal given, and only if the pid with that start
 * time is still the process that was recorded.
 */
export async function lockDataFolder(
  folder: string,
  name: string,
  stopSignal: NodeJS.Signals = 'SIGTERM',
): Promise<DataFolderLock> {
  await mkdir(folder, { recursive: true });
  const lockFile = path.join(folder, LOCK_FILE);
  let record: LockRecord = { owner: identify(process.pid) };
  while (!(await createExclusively(lockFile, record))) {
    const held = await readRecord(lockFile);
    if (held === undefined) continue;
    if (isHeld(held)) throw inUseError(folder, name, held.owner.pid);
    await stopLeftover(held, stopSignal);
    await removeIfUnchanged(lockFile, held);
  }
  return {
    recordServer: (pid) => {
      record = { ...record, server: identify(pid) };
      return replace(lockFile, record);
    },
    release: () => removeIfUnchanged(lockFile, record),
  };
}

/**
 * Stops the server that a process which died left on a data folder. True when there was such a process: what it held is
 * free now. False when nothing is held there, or by a process that lives.
 */
export async function stopLeftoverServer(folder: string): Promise<boolean> {
  const record = await readRecord(path.join(folder, LOCK_FILE));
  if (record === undefined || isHeld(record)) return false;
  await stopLeftover(record, 'SIGINT');
  return true;
}

async function stopLeftover({ server }: LockRecord, stopSignal: NodeJS.Signals): Promise<void> {
  if (server === undefined) return;
  for (const signal of ['SIGCONT', stopSignal] as const) {
    if (isRunning(server)) process.kill(server.pid, signal);
  }
  if (await poll(() => !isRunning(server), { timeoutMs: STOP_TIMEOUT_MS })) return;
  process.kill(server.pid, 'SIGKILL');
  await poll(() => !isRunning(server), { timeoutMs: STOP_TIMEOUT_MS });
}

/** An owner whose server has ended holds nothing any more; one without a server is still starting it. */
function isHeld({ owner, server }: LockRecord): boolean {
  return isRunning(owner) && (server === undefined || isRunning(server));
}

function isRunning(identity: ProcessIdentity): boolean {
  return processStart(identity.pid) === identity.start;
}

function identify(pid: number): ProcessIdentity {
  return { pid, start: processStart(pid) ?? 'ended' };
}

function inUseError(folder: string, name: string, pid: number): Error {
  return new Error(
    `${name} is already running on the data in ${folder}, started by process ${pid}. ` +
      'Is Turnlog running in another terminal? Stop it first, or use another data folder.',
  );
}

/** Written whole and then linked under its name, so that a reader never sees half a record. */
async function createExclusively(lockFile: string, record: LockRecord): Promise<boolean> {
  const temporary = await writeTemporary(lockFile, record);
  try {
    await link(temporary, lockFile);
    return true;
  } catch (error) {
    if (hasCode(error, 'EEXIST')) return false;
    throw error;
  } finally {
    await rm(temporary);
  }
}

async function replace(lockFile: string, record: LockRecord): Promise<void> {
  await rename(await writeTemporary(lockFile, record), lockFile);
}

async function writeTemporary(lockFile: string, record: LockRecord): Promise<string> {
  const temporary = `${lockFile}.${process.pid}.${Math.random().toString(36).slice(2)}`;
  await writeFile(temporary, JSON.stringify(record));
  return temporary;
}

/** Moves the record aside first: if another process has taken the lock since it was read, its record is put back. */
async function removeIfUnchanged(lockFile: string, expected: LockRecord): Promise<void> {
  const aside = `${lockFile}.${process.pid}.aside`;
  try {
    await rename(lockFile, aside);
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return;
    throw error;
  }
  const moved = await readRecord(aside);
  if (JSON.stringify(moved) === JSON.stringify(expected)) await rm(aside);
  else await rename(aside, lockFile);
}

async function readRecord(file: string): Promise<LockRecord | undefined> {
  try {
    return JSON.parse(await readFile(file, 'utf8')) as LockRecord;
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return undefined;
    throw new Error(`${file} cannot be read. If no Turnlog runs on this folder, remove that file.`, {
      cause: error,
    });
  }
}
