import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { type Servers } from '../servers.ts';
import { type Usage, type UsageQuestion } from './probe.ts';

const PROBE = new URL('./probe.js', import.meta.url).href;
const STOP_TIMEOUT_MS = 10_000;

/** A Node process under test. */
export interface ProbedProcess {
  readonly usage: (question?: UsageQuestion) => Promise<Usage>;
  /** Freezes it, so that a backlog can build up. */
  readonly freeze: () => void;
  readonly thaw: () => void;
  /**
   * Resolves when a program of this folder sends the message `ready`; a service answers `/readyz` instead.
   */
  readonly ready: () => Promise<void>;
  /** Resolves when it has ended by itself. Rejects if it failed. */
  readonly done: Promise<void>;
  readonly stop: () => Promise<void>;
}

export interface ProcessOptions {
  readonly name: string;
  readonly mainFile: URL;
  readonly args?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
}

const running = new Set<ChildProcess>();
process.once('exit', () => {
  for (const child of running) child.kill('SIGKILL');
});

/** Starts a process. Its output goes to a file, because reading it would take time from the measurement. */
export function spawnProbed(
  { folder, profileDir }: Servers,
  { name, mainFile, args = [], env = {} }: ProcessOptions,
): ProbedProcess {
  const logFile = path.join(folder, `${name}.log`);
  const log = openSync(logFile, 'a');
  const profiling =
    profileDir === undefined
      ? []
      : ['--cpu-prof', `--cpu-prof-dir=${profileDir}`, `--cpu-prof-name=${name}-${Date.now()}.cpuprofile`];
  const flags = ['--expose-gc', '--import', PROBE, ...profiling];
  const child = spawn(process.execPath, [...flags, fileURLToPath(mainFile), ...args], {
    env: { PATH: process.env['PATH'], ...env },
    stdio: ['ignore', log, log, 'ipc'],
  });
  closeSync(log);
  running.add(child);
  const exited = once(child, 'exit').then(([code, signal]) => {
    running.delete(child);
    if (code !== 0) throw new Error(`${name} ended with ${String(signal ?? code)}: see ${logFile}`);
  });
  // `done` reports the failure; the end of a stopped process is expected.
  exited.catch(() => undefined);

  return {
    ready: async () => {
      await Promise.race([once(child, 'message'), exited]);
    },
    usage: async (question = { collectGarbage: false }) => {
      child.send(question);
      const answer = Promise.race([once(child, 'message'), exited.then(() => [])]);
      return (await answer)[0] as Usage;
    },
    freeze: () => void child.kill('SIGSTOP'),
    thaw: () => void child.kill('SIGCONT'),
    done: exited,
    stop: async () => {
      if (!running.has(child)) return;
      child.kill('SIGCONT');
      child.kill('SIGTERM');
      const deadline = setTimeout(() => child.kill('SIGKILL'), STOP_TIMEOUT_MS);
      await exited.catch(() => undefined);
      clearTimeout(deadline);
    },
  };
}
