import { randomBytes } from 'node:crypto';
import { readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { types } from 'node:util';
import { dataDirOf, findServers, type AskedServers } from '../connections/find-servers.ts';
import type { Terminal } from '../terminal.ts';

/** The key of the local stack's ledger, in its data folder; `undefined` if the database is another one. */
export async function keyOfLocalStack(asked: AskedServers, terminal: Terminal): Promise<string | undefined> {
  const { stack, databaseUrl } = await findServers(asked, terminal);
  if (stack === undefined || databaseUrl !== stack.databaseUrl) return undefined;
  const file = path.join(dataDirOf(asked.data, terminal), 'erasure-key');
  // The first erasure makes it; of several at once, one does.
  const made = randomBytes(32).toString('hex');
  await writeFile(file, made, { flag: 'wx', mode: 0o600 }).catch((error: unknown) => {
    if (!types.isNativeError(error) || !('code' in error) || error.code !== 'EEXIST') throw error;
  });
  return readFile(file, 'utf8');
}
