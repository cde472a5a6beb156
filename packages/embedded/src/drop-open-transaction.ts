import { existsSync } from 'node:fs';
import { open } from 'node:fs/promises';
import path from 'node:path';
import { readIfThere } from './read-if-there.ts';

/** As Redis writes them. */
const MULTI = '*1\r\n$5\r\nMULTI\r\n';
const EXEC = '*1\r\n$4\r\nEXEC\r\n';
/** More than the largest transaction. */
const TAIL_BYTES = 64 * 1024 * 1024;

/**
 * Truncates the append-only file in a folder of a stopped Redis before a transaction without an end, which a
 * loss of power may leave. Redis drops the cut command but not the transaction: what it appends then belongs
 * to that, and part of it is lost when Redis starts a second time
 * (https://github.com/valkey-io/valkey/pull/4342). Resolves to the number of dropped bytes.
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

/** The last incremental file in the manifest; a line is `file appendonly.aof.7.incr.aof seq 7 type i`. */
async function fileAppendedTo(folder: string): Promise<string | undefined> {
  const manifest = (await readIfThere(path.join(folder, 'appendonly.aof.manifest'))) ?? '';
  const names = [...manifest.matchAll(/^file (\S+) seq \d+ type i/gm)];
  const file = path.join(folder, names.at(-1)?.[1] ?? '');
  return names.length > 0 && existsSync(file) ? file : undefined;
}
