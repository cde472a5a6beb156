import { processStart, takeLockFile } from '@turnlog/process-lock';
import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import { readIfThere } from './read-if-there.ts';
import { poll } from './poll.ts';

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
  /**
   * Records the server's process, so that a later start finds it if this process dies without stopping it.
   */
  recordServer(pid: number): Promise<void>;
  release(): Promise<void>;
}

/**
 * Takes a data folder for this process. Throws if another living process has it. If the owner died and its
 * server still runs, that server is stopped first: with SIGTERM or the given signal, and only if the pid with
 * that start time is still the recorded process.
 */
export async function lockDataFolder(
  folder: string,
  name: string,
  stopSignal: NodeJS.Signals = 'SIGTERM',
): Promise<DataFolderLock> {
  await mkdir(folder, { recursive: true });
  const file = path.join(folder, LOCK_FILE);
  const own: LockRecord = { owner: identify(process.pid) };
  const taken = await takeLockFile({
    file,
    text: JSON.stringify(own),
    isHeld: ({ text }) => isHeld(parseRecord(file, text)),
    clearUp: ({ text }) => stopLeftover(parseRecord(file, text), stopSignal),
  });
  if (!taken.ok) throw inUseError(folder, name, parseRecord(file, taken.held.text).owner.pid);
  const { lock } = taken;
  return {
    recordServer: (pid) => lock.rewrite(JSON.stringify({ ...own, server: identify(pid) })),
    release: () => lock.release(),
  };
}

/**
 * Stops the server that a dead process left on a data folder. True if there was such a process: the folder is
 * free now. False if the folder is free or its owner lives.
 */
export async function stopLeftoverServer(folder: string): Promise<boolean> {
  const file = path.join(folder, LOCK_FILE);
  const text = await readIfThere(file);
  const record = text === undefined ? undefined : parseRecord(file, text);
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

function parseRecord(file: string, text: string): LockRecord {
  try {
    return JSON.parse(text) as LockRecord;
  } catch (cause) {
    throw new Error(`${file} cannot be read. If no Turnlog runs on this folder, remove that file.`, {
      cause,
    });
  }
}
