import { execFile } from 'node:child_process';
import { chown, rename, rm, stat, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';
import type pg from 'pg';
import { type BreakableServer } from './breakable-server.ts';

const run = promisify(execFile);

/** A base backup like that of pg_basebackup: the changing files, then the log that makes them consistent. */
export async function copyPostgres(
  { postgres, sql }: { readonly postgres: BreakableServer; readonly sql: pg.Pool },
  to: string,
): Promise<void> {
  const client = await sql.connect();
  try {
    await client.query(`select pg_backup_start('copy', fast => true)`);
    await run('cp', ['-a', postgres.dataDir, to]);
    const { rows } = await client.query<{ labelfile: string }>('select labelfile from pg_backup_stop(false)');
    const cluster = path.join(to, 'postgres', 'cluster');
    await run('cp', ['-a', path.join(postgres.dataDir, 'cluster', 'pg_wal'), cluster]);
    const label = path.join(cluster, 'backup_label');
    await writeFile(label, rows[0]?.labelfile ?? '', { mode: 0o600 });
    // Under root, Postgres runs as another user.
    const { uid, gid } = await stat(cluster);
    await chown(label, uid, gid);
    await run('rm', ['-f', path.join(cluster, 'postmaster.pid'), path.join(to, 'postgres', 'lock.json')]);
  } finally {
    client.release();
  }
}

/** Restores a Postgres to a copy of itself: its later commits are lost. The copy is used up. */
export async function fallBackTo(copyFolder: string, postgres: BreakableServer): Promise<void> {
  await postgres.crash('SIGQUIT');
  const cluster = path.join(postgres.dataDir, 'cluster');
  await rm(cluster, { recursive: true });
  await rename(path.join(copyFolder, 'postgres', 'cluster'), cluster);
  await postgres.start();
}
