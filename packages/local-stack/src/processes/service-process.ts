import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { type Readable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { withDeadline, type Environment } from '@turnlog/service-kit';

const LEASH = fileURLToPath(new URL('../../dist/processes/leash.js', import.meta.url));

/** How a process ended. */
export interface ProcessExit {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  /** Whether that signal was sent through this module: otherwise another process sent it. */
  readonly wasSent: boolean;
}

/** The stream of a line: a service logs to stdout. */
export type ServiceOutput = 'stdout' | 'stderr';

/** What to run, and the observer of its lines. */
export interface ServiceCommand {
  /** A built service: `services/<name>/dist/main.js`. */
  readonly mainFile: string;
  readonly env: Environment;
  readonly onLine: (line: string, output: ServiceOutput) => void;
}

/** One run of a service. */
export class ServiceProcess {
  readonly #child: ChildProcess;
  readonly #sent = new Set<unknown>();
  #hasExited = false;
  /** Resolves when it has ended and all its lines were read. */
  readonly exited: Promise<ProcessExit>;

  private constructor(child: ChildProcess, onLine: ServiceCommand['onLine']) {
    this.#child = child;
    const lines = (['stdout', 'stderr'] as const).map(async (output) => {
      const stream = child[output];
      if (stream !== null) await forEachLine(stream, (line) => onLine(line, output));
    });
    this.exited = once(child, 'exit').then(async ([code, signal]) => {
      this.#hasExited = true;
      await Promise.all(lines);
      return {
        code: code as number | null,
        signal: signal as NodeJS.Signals | null,
        wasSent: this.#sent.has(signal),
      };
    });
  }

  /**
   * Starts a service in a process group of its own, so that Ctrl-C in the terminal reaches the stack alone. It
   * stops when this process ends, even by SIGKILL.
   */
  static async spawn({ mainFile, env, onLine }: ServiceCommand): Promise<ServiceProcess> {
    const child = spawn(process.execPath, ['--import', LEASH, mainFile], {
      cwd: path.dirname(mainFile),
      env: { ...env },
      detached: true,
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    });
    const service = new ServiceProcess(child, onLine);
    await once(child, 'spawn');
    return service;
  }

  get pid(): number {
    return this.#child.pid ?? 0;
  }

  get hasExited(): boolean {
    return this.#hasExited;
  }

  kill(signal: NodeJS.Signals): void {
    this.#sent.add(signal);
    this.#child.kill(signal);
  }

  /** Asks it to stop; kills it after this time and resolves to false. */
  async stop(timeoutMs: number): Promise<boolean> {
    // For leash.ts. If the channel is closed, the process is ending.
    this.#child.send('stopping', () => undefined);
    // A frozen process must run to receive it.
    this.kill('SIGCONT');
    this.kill('SIGTERM');
    if (!(await withDeadline(this.exited, timeoutMs)).timedOut) return true;
    this.kill('SIGKILL');
    await this.exited;
    return false;
  }
}

async function forEachLine(stream: Readable, onLine: (line: string) => void): Promise<void> {
  const lines = createInterface({ input: stream, crlfDelay: Infinity });
  lines.on('line', onLine);
  await once(lines, 'close');
}
