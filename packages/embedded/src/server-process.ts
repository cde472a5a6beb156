import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, existsSync, openSync, readFileSync, renameSync } from 'node:fs';
import { poll } from './poll.ts';

const STOP_TIMEOUT_MS = 15_000;
const LOG_TAIL_LINES = 15;

export interface ServerCommand {
  readonly name: string;
  readonly command: string;
  readonly args: readonly string[];
  readonly env: NodeJS.ProcessEnv;
  /** The user to run as, if this process is root and the server must not be. */
  readonly account?: { readonly uid: number; readonly gid: number } | undefined;
  /** The server's output; that of the previous run has the suffix `.1`. */
  readonly logFile: string;
  /** Asks the server to finish its work and exit. */
  readonly stopSignal: NodeJS.Signals;
  /** Sends a signal to the server, if the spawned process is not the server itself. */
  readonly deliver?: (signal: NodeJS.Signals) => void;
}

export interface ServerExit {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

export interface ServerProcess {
  readonly pid: number;
  /** Resolves when the process has ended, for any reason. */
  readonly exited: Promise<ServerExit>;
  /** Waits for `isReady`; throws with the end of the server's log if it ends first or takes too long. */
  readonly waitUntilReady: (isReady: () => Promise<boolean>, timeoutMs: number) => Promise<void>;
  readonly kill: (signal: NodeJS.Signals) => void;
  readonly stop: () => Promise<void>;
}

const running = new Set<() => void>();
process.once('exit', () => {
  for (const askToLeave of running) askToLeave();
});

/**
 * Starts a server in a process group of its own: Ctrl-C in the terminal reaches Turnlog alone, which stops
 * its servers last, after its services have written their data.
 */
export async function spawnServer(server: ServerCommand): Promise<ServerProcess> {
  const log = openLog(server.logFile);
  const child = spawn(server.command, server.args, {
    cwd: '/',
    env: server.env,
    detached: true,
    stdio: ['ignore', log, log],
    ...server.account,
  });
  closeSync(log);

  let exit: ServerExit | undefined;
  const exited = new Promise<ServerExit>((resolve) => {
    child.once('exit', (code, signal) => {
      exit = { code, signal };
      running.delete(askToLeave);
      resolve(exit);
    });
  });
  const kill = (signal: NodeJS.Signals): void => {
    if (exit !== undefined) return;
    if (server.deliver) server.deliver(signal);
    else child.kill(signal);
  };
  const askToLeave = (): void => kill(server.stopSignal);

  await once(child, 'spawn');
  running.add(askToLeave);

  async function waitUntilReady(isReady: () => Promise<boolean>, timeoutMs: number): Promise<void> {
    const settled = await poll(async () => exit !== undefined || (await isReady()), { timeoutMs });
    if (settled && exit === undefined) return;
    const what = exit === undefined ? `was not ready after ${timeoutMs} ms` : `ended with ${describe(exit)}`;
    throw new Error(`${server.name} ${what}. The end of ${server.logFile}:\n${logTail(server.logFile)}`);
  }

  async function stop(): Promise<void> {
    kill('SIGCONT');
    askToLeave();
    if (await poll(() => exit !== undefined, { timeoutMs: STOP_TIMEOUT_MS })) return;
    kill('SIGKILL');
    await exited;
  }

  let stopping: Promise<void> | undefined;
  return { pid: child.pid ?? 0, exited, waitUntilReady, kill, stop: () => (stopping ??= stop()) };
}

function openLog(file: string): number {
  if (existsSync(file)) renameSync(file, `${file}.1`);
  return openSync(file, 'w', 0o600);
}

function describe({ code, signal }: ServerExit): string {
  return signal ?? `exit code ${code ?? 'unknown'}`;
}

function logTail(file: string): string {
  const lines = readFileSync(file, 'utf8').trimEnd().split('\n');
  return lines.slice(-LOG_TAIL_LINES).join('\n');
}
