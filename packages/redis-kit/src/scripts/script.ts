import { createHash } from 'node:crypto';
import { type ChainableCommander, type Redis } from 'ioredis';

/** A Lua script, which the server knows by its digest. */
export interface Script {
  readonly lua: string;
  readonly sha: string;
  /** Whether the texts of its reply are returned as bytes. */
  readonly repliesBytes: boolean;
}

/** An argument of a script. */
export type ScriptArgument = string | number | Buffer;

/** Options of a script. */
export interface ScriptOptions {
  readonly repliesBytes?: boolean;
  /**
   * Runs even while Redis is out of memory: for scripts that free memory, or need none. Other scripts are
   * refused then, and Redis would stay full. Supported from Redis 7.0, the oldest version that Turnlog runs
   * on.
   */
  readonly runsWithoutMemory?: boolean;
}

const ALLOW_OOM = '#!lua flags=allow-oom\n';

/** Makes a script from its text. */
export function defineScript(
  text: string,
  { repliesBytes = false, runsWithoutMemory = false }: ScriptOptions = {},
): Script {
  const lua = runsWithoutMemory ? ALLOW_OOM + text : text;
  return { lua, sha: createHash('sha1').update(lua).digest('hex'), repliesBytes };
}

/** Runs a script; sends its text if the server does not know it (restarted, flushed). */
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

/** Adds a run of the script to a pipeline. Its result may be an error of {@link isUnknownScript}. */
export function pipeScript(
  pipeline: ChainableCommander,
  { sha, repliesBytes }: Script,
  keys: readonly string[],
  args: readonly ScriptArgument[],
): void {
  pipeline[repliesBytes ? 'callBuffer' : 'call']('evalsha', sha, keys.length, ...keys, ...args);
}

/** Whether the server does not know the script. Such a run had no effect. */
export function isUnknownScript(error: unknown): boolean {
  return error instanceof Error && error.message.startsWith('NOSCRIPT');
}
