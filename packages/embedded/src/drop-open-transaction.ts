import { existsSync } from 'node:fs';
import { open, readdir } from 'node:fs/promises';
import path from 'node:path';

/** As Redis writes them. */
const MULTI = '*1\r\n$5\r\nMULTI\r\n';
const EXEC = '*1\r\n$4\r\nEXEC\r\n';
/** More than the largest transaction takes. */
const TAIL_BYTES = 64 * 1024 * 1024;

/**
 * Ends the append-only file in a folder of Redis before a transaction that has no end, as a loss of power may leave one.
 * Redis drops the command that was cut and not the transaction: what it then appends belongs to that, and part of it is
 * gone after the next start (https://github.com/valkey-io/valkey/pull/4342). Resolves to the bytes that were dropped.
 */
export async function dropOpenTransaction(dataDir: string): Promise<number> {
  const file = await newestLog(path.join(dataDir, 'appendonlydir'));
  if (file === undefined) return 0;
  const handle = await open(file, 'r+');
  try {
    const { size } = await handle.stat();
    const tail = Buffer.alloc(Math.min(size, TAIL_BYTES));
    await handle.read(tail, 0, tail.length, size - tail.length);
    const begin = tail.lastIndexOf(MULTI);
    if (begin < 0 || tail.lastIndexOf(EXEC) > begin) return 0;
    const kept = size - tail.length + begin;
    await handle.truncate(kept);
    await handle.sync();
    return size - kept;
  } finally {
    await handle.close();
  }
}

/** The file to which Redis appends: `appendonly.aof.7.incr.aof`, with a number that grows with each rewrite. */
async function newestLog(folder: string): Promise<string | undefined> {
  if (!existsSync(folder)) return undefined;
  const logs = (await readdir(folder)).filter((name) => name.endsWith('.incr.aof'));
  const [newest] = logs.sort((a, b) => numberOf(b) - numberOf(a));
  return newest === undefined ? undefined : path.join(folder, newest);
}

function numberOf(name: string): number {
  return Number(/\.(\d+)\.incr\.aof$/.exec(name)?.[1]);
}
