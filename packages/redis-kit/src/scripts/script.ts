import { createHash } from 'node:crypto';
import { type ChainableCommander, type Redis } from 'ioredis';

/** A Lua script, known to the server by its digest. */
export interface Script {
  readonly lua: string;
  readonly sha: string;
  /** Whether the texts of its reply are wanted as the bytes that they came as. */
  readonly repliesBytes: boolean;
}

/** An argument of a script. */
export type ScriptArgument = string | number | Buffer;

/** How a script is run. */
export interface ScriptOptions {
  readonly repliesBytes?: boolean;
  /**
   * Runs also while Redis is out of memory: for scripts that free memory, or take none. Everything else is refused then,
   * and Redis would stay full. Known from Redis 7.0 on, which is the oldest that Turnlog runs on.
   */
  readonly runsWithoutMemory?: boolean;
}

const ALLOW_OOM = '#!lua flags=allow-oom\n';

/** Makes a script of its text. */
export function defineScript(
  text: string,
  { repliesBytes = false, runsWithoutMemory = false }: ScriptOptions = {},
): Script {
  const lua = runsWithoutMemory ? ALLOW_OOM + text : text;
  return { lua, sha: createHash('sha1').update(lua).digest('hex'), repliesBytes };
}

/** Runs a script; a server that doesn't know it (restarted, flushed) gets its text. */
export async function runScript(
  redis: Redis,
  { lua, sha, repliesBytes }: Script,
  keys: readonly string[],
  args: readonly ScriptArgument[],
): Promise<unknown> {
  const run = (command: 'evalsha' | 'eval', script: string): Promise<unknown> =>
    redis[repliesBytes ? 'callBuffer' : 'call'](command, script, keys.length, ...keys, ...args);
  try {
    return await run('evalsha', sha);
  } catch (error) {
    if (!isUnknownScript(error)) throw error;
    return await run('eval', lua);
  }
}

/** Adds a run of the script to a pipeline. Its result may be an error that {@link isUnknownScript} recognises. */
export function pipeScript(
  pipeline: ChainableCommander,
  { sha, repliesBytes }: Script,
  keys: readonly string[],
  args: readonly ScriptArgument[],
): void {
  pipeline[repliesBytes ? 'callBuffer' : 'call']('evalsha', sha, keys.length, ...keys, ...args);
}

/** Whether the server answered that it doesn't know the script. Such a run had no effect. */
export function isUnknownScript(error: unknown): boolean {
  return error instanceof Error && error.message.startsWith('NOSCRIPT');
}
