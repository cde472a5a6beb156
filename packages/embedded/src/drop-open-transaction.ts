import { existsSync } from 'node:fs';
import { open, readFile } from 'node:fs/promises';
import path from 'node:path';

/** As Redis writes them. */
const MULTI = '*1\r\n$5\r\nMULTI\r\n';
const EXEC = '*1\r\n$4\r\nEXEC\r\n';
/** More than the largest transaction takes. */
const TAIL_BYTES = 64 * 1024 * 1024;

/**
 * Ends the append-only file in a folder of Redis, which must not run, before a transaction that has no end, as a loss of
 * power may leave one. Redis drops the command that was cut and not the transaction: what it then appends belongs to that,
 * and part of it is gone when Redis is started a second time (https://github.com/valkey-io/valkey/pull/4342). Resolves to
 * the bytes that were dropped.
 */
export async function dropOpenTransaction(dataDir: string): Promise<number> {
  const file = await fileAppendedTo(path.join(dataDir, 'appendonlydir'));
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

/** The last file of increments that the manifest names; a line is `file appendonly.aof.7.incr.aof seq 7 type i`. */
async function fileAppendedTo(folder: string): Promise<string | undefined> {
  const manifest = path.join(folder, 'appendonly.aof.manifest');
  if (!existsSync(manifest)) return undefined;
  const names = [...(await readFile(manifest, 'utf8')).matchAll(/^file (\S+) seq \d+ type i/gm)];
  const file = path.join(folder, names.at(-1)?.[1] ?? '');
  return names.length > 0 && existsSync(file) ? file : undefined;
}
