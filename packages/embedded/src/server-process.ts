import { spawn, type ChildProcess } from 'node:child_process';
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

const running = new Set<ServerProcess>();
process.once('exit', () => {
  for (const server of running) server.askToStop();
});

/** A server that runs for this process. */
export class ServerProcess {
  readonly #command: ServerCommand;
  readonly #child: ChildProcess;
  #exit: ServerExit | undefined;
  #stopping: Promise<void> | undefined;
  /** Resolves when the process has ended, for any reason. */
  readonly exited: Promise<ServerExit>;

  private constructor(command: ServerCommand, child: ChildProcess) {
    this.#command = command;
    this.#child = child;
    this.exited = new Promise((resolve) => {
      child.once('exit', (code, signal) => {
        this.#exit = { code, signal };
        running.delete(this);
        resolve(this.#exit);
      });
    });
  }

  /**
   * Starts a server in a process group of its own: Ctrl-C in the terminal reaches Turnlog alone, which stops
   * its servers last, after its services have written their data.
   */
  static async spawn(command: ServerCommand): Promise<ServerProcess> {
    const log = openLog(command.logFile);
    const child = spawn(command.command, command.args, {
      cwd: '/',
      env: command.env,
      detached: true,
      stdio: ['ignore', log, log],
      ...command.account,
    });
    closeSync(log);
    const server = new ServerProcess(command, child);
    await once(child, 'spawn');
    running.add(server);
    return server;
  }

  get pid(): number {
    return this.#child.pid ?? 0;
  }

  kill(signal: NodeJS.Signals): void {
    if (this.#exit !== undefined) return;
    if (this.#command.deliver) this.#command.deliver(signal);
    else this.#child.kill(signal);
  }

  askToStop(): void {
    this.kill(this.#command.stopSignal);
  }

  /** Waits for `isReady`; throws with the end of the server's log if it ends first or takes too long. */
  async waitUntilReady(isReady: () => Promise<boolean>, timeoutMs: number): Promise<void> {
    const settled = await poll(async () => this.#exit !== undefined || (await isReady()), { timeoutMs });
    const exit = this.#exit;
    if (settled && exit === undefined) return;
    const { name, logFile } = this.#command;
    const what = exit === undefined ? `was not ready after ${timeoutMs} ms` : `ended with ${describe(exit)}`;
    throw new Error(`${name} ${what}. The end of ${logFile}:\n${logTail(logFile)}`);
  }

  /** Stops it cleanly, or kills it after 15 s. May be called any number of times. */
  stop(): Promise<void> {
    return (this.#stopping ??= this.#stop());
  }

  async #stop(): Promise<void> {
    this.kill('SIGCONT');
    this.askToStop();
    if (await poll(() => this.#exit !== undefined, { timeoutMs: STOP_TIMEOUT_MS })) return;
    this.kill('SIGKILL');
    await this.exited;
  }
}

function openLog(file: string): number {
  if (existsSync(file)) renameSync(file, `${file}.1`);
  return openSync(file, 'w', 0o600);
}

function describe({ code, signal }: ServerExit): string {
  return signal ?? `exit code ${code ?? 'unknown'}`;
}

function logTail(file: string): string {
  return readFileSync(file, 'utf8').trimEnd().split('\n').slice(-LOG_TAIL_LINES).join('\n');
}
