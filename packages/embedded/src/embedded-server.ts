import { mkdir, realpath } from 'node:fs/promises';
import { type DataFolderLock, lockDataFolder } from './data-folder-lock.ts';
import { type ServerCommand, type ServerExit, ServerProcess } from './server-process.ts';

/** A server started for this process on 127.0.0.1. */
export interface EmbeddedServer {
  /** How clients reach it, such as `redis://127.0.0.1:21034`. */
  readonly url: string;
  readonly port: number;
  readonly pid: number;
  /** Where the server program came from, for people. */
  readonly how: string;
  /** Resolves when the server has ended, for any reason. */
  readonly exited: Promise<ServerExit>;
  /** Sends a signal and does not wait. After `SIGKILL`, `exited` resolves when the server is gone. */
  readonly kill: (signal: NodeJS.Signals) => void;
  /** Stops it cleanly and releases the data folder, even after it was killed. May be called any number of times. */
  readonly stop: () => Promise<void>;
}

/** The data folder of a server, which `start` gets by its real path. */
export interface DataFolder {
  readonly dataDir: string;
  readonly name: string;
  /** Stops a server that a dead process left there. */
  readonly stopSignal: NodeJS.Signals;
  /** Of a new folder. */
  readonly mode: number;
}

/** Locks a data folder, and starts a server on it. The lock is released if that fails. */
export async function startOnFolder(
  { dataDir, name, stopSignal, mode }: DataFolder,
  start: (folder: string, lock: DataFolderLock) => Promise<EmbeddedServer>,
): Promise<EmbeddedServer> {
  await mkdir(dataDir, { recursive: true, mode });
  const folder = await realpath(dataDir);
  const lock = await lockDataFolder(folder, name, stopSignal);
  try {
    return await start(folder, lock);
  } catch (error) {
    await lock.release();
    throw error;
  }
}

/** Runs a server on a locked data folder, and waits until it is ready. */
export async function serve(
  command: ServerCommand,
  lock: DataFolderLock,
  isReady: (pid: number) => Promise<boolean>,
  readyTimeoutMs: number,
): Promise<Pick<EmbeddedServer, 'pid' | 'exited' | 'kill' | 'stop'>> {
  const server = await ServerProcess.spawn(command);
  const { pid, exited } = server;
  try {
    await lock.recordServer(pid);
    await server.waitUntilReady(() => isReady(pid), readyTimeoutMs);
  } catch (error) {
    await server.stop();
    throw error;
  }
  const stop = async (): Promise<void> => {
    await server.stop();
    await lock.release();
  };
  return { pid, exited, kill: (signal) => server.kill(signal), stop };
}
