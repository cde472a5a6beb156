import { readFile, rename, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { z } from 'zod';

const FILE = 'stack.json';

const runningStack = z.object({
  /** The process that holds the stack. */
  pid: z.int().positive(),
  startedAt: z.string(),
  redisUrl: z.string(),
  databaseUrl: z.string(),
  /** The Redis of the calls' audio, if it is another one. */
  audioRedisUrl: z.string().optional(),
  keyPrefix: z.string(),
  partitions: z.int(),
  /** `http://127.0.0.1:8080`, one for each gateway. */
  gatewayUrls: z.array(z.string()),
  services: z.array(
    z.object({ name: z.string(), pid: z.int().optional(), port: z.int(), healthPort: z.int() }),
  ),
});

/**
 * The address of a running stack for other processes, in its data folder. Contains the database's password.
 */
export type RunningStack = z.infer<typeof runningStack>;

/** The stack that runs on a data folder; `undefined` if there is none, or its process has died. */
export async function readRunningStack(dataDir: string): Promise<RunningStack | undefined> {
  const stack = runningStack.safeParse(await readJson(path.join(dataDir, FILE)));
  return stack.success && isAlive(stack.data.pid) ? stack.data : undefined;
}

/** Writes the address of the stack; a concurrent reader gets one complete version. */
export async function writeStackFile(dataDir: string, stack: RunningStack): Promise<void> {
  const temporary = path.join(dataDir, `${FILE}.${process.pid}`);
  await writeFile(temporary, `${JSON.stringify(stack, null, 2)}\n`, { mode: 0o600 });
  await rename(temporary, path.join(dataDir, FILE));
}

export async function removeStackFile(dataDir: string): Promise<void> {
  await rm(path.join(dataDir, FILE), { force: true });
}

/** A missing or damaged file means that there is no stack. */
async function readJson(file: string): Promise<unknown> {
  try {
    return JSON.parse(await readFile(file, 'utf8')) as unknown;
  } catch {
    return undefined;
  }
}

/** Whether a process with this pid runs. */
function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    // It runs as another user.
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}
