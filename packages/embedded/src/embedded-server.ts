import { type DataFolderLock } from './data-folder-lock.ts';
import { type ServerCommand, type ServerExit, type ServerProcess, spawnServer } from './server-process.ts';

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
  /**
   * Stops it cleanly and releases the data folder, even after it was killed. May be called any number of
   * times.
   */
  readonly stop: () => Promise<void>;
}

/** Starts a server on a locked data folder, and waits until it is ready. */
export async function serve(
  command: ServerCommand,
  lock: DataFolderLock,
  isReady: (pid: number) => Promise<boolean>,
  readyTimeoutMs: number,
): Promise<Pick<ServerProcess, 'pid' | 'exited' | 'kill' | 'stop'>> {
  const server = await spawnServer(command);
  try {
    await lock.recordServer(server.pid);
    await server.waitUntilReady(() => isReady(server.pid), readyTimeoutMs);
  } catch (error) {
    await server.stop();
    throw error;
  }
  const stop = async (): Promise<void> => {
    await server.stop();
    await lock.release();
  };
  return { pid: server.pid, exited: server.exited, kill: server.kill, stop };
}
