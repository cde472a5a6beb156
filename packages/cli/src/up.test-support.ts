import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import {
  captureLines,
  createTestDatabase,
  testKeyPrefix,
  testRedisUrl,
  type CapturedLines,
} from '@turnlog/test-kit';

const MAIN = fileURLToPath(new URL('../dist/main.js', import.meta.url));

/** A command that runs in a process of its own. */
export interface Running {
  readonly process: ChildProcess;
  /** Of its standard output. */
  readonly lines: CapturedLines;
  /** Sends Ctrl-C, or another signal; resolves to the exit code. */
  interrupt(signal?: NodeJS.Signals): Promise<number | null>;
}

/** The program on a data folder and a database of a test's own. */
export interface Program {
  readonly dataDir: string;
  /** Starts a command, with these settings on top. */
  start(args: readonly string[], env?: Readonly<Record<string, string>>): Running;
  /** The same, until it ends by itself. */
  run(
    args: readonly string[],
    env?: Readonly<Record<string, string>>,
  ): Promise<{ code: number | null; out: string; err: string }>;
  close(): Promise<void>;
}

export async function prepareProgram(): Promise<Program> {
  const database = await createTestDatabase();
  const dataDir = await mkdtemp(path.join(os.tmpdir(), 'turnlog-test-'));
  const ownEnv = {
    ...process.env,
    AGENT_URL: '',
    REDIS_URL: testRedisUrl(),
    DATABASE_URL: database.url,
    KEY_PREFIX: testKeyPrefix(),
    PARTITIONS: '2',
    PORT: '0',
    TURNLOG_DATA_DIR: dataDir,
  };
  const children = new Set<ChildProcess>();
  const launch = (args: readonly string[], env: Readonly<Record<string, string>> = {}) => {
    const child = spawn(process.execPath, [MAIN, ...args], {
      env: { ...ownEnv, ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    children.add(child);
    child.once('exit', () => children.delete(child));
    return child;
  };
  return {
    dataDir,
    start: (args, env) => {
      const child = launch(args, env);
      const closed = once(child, 'close');
      // An unread pipe would fill up.
      child.stderr.resume();
      return {
        process: child,
        lines: captureLines(child.stdout),
        interrupt: async (signal = 'SIGINT') => {
          child.kill(signal);
          await closed;
          return child.exitCode;
        },
      };
    },
    run: async (args, env) => {
      const child = launch(args, env);
      const written = { out: '', err: '' };
      child.stdout.on('data', (data: Buffer) => (written.out += data.toString()));
      child.stderr.on('data', (data: Buffer) => (written.err += data.toString()));
      await once(child, 'close');
      return { code: child.exitCode, ...written };
    },
    close: async () => {
      for (const child of children) if (child.kill('SIGKILL')) await once(child, 'exit');
      await database.drop();
      await rm(dataDir, { recursive: true, force: true });
    },
  };
}
