import { existsSync } from 'node:fs';
import { chown, mkdtemp, readFile, rename, rm, unlink, writeFile } from 'node:fs/promises';
import { randomBytes } from 'node:crypto';
import path from 'node:path';
import { type PostgresBinaries } from './postgres-binaries.ts';
import { commandLine } from '@turnlog/process-lock';
import { type Log } from './redis-program.ts';
import { readIfThere } from './read-if-there.ts';
import { runCommand } from './run-command.ts';
import { type Account, makePrivateFolder } from './server-account.ts';

export const USER = 'turnlog';
export const DATABASE = 'turnlog';

/** The result of initdb: Postgres' own data folder, and the password of its only user. */
export interface Cluster {
  readonly folder: string;
  readonly password: string;
}

export interface ClusterOptions {
  readonly binaries: PostgresBinaries;
  readonly account: Account | undefined;
  /** False for data that need not survive a loss of power: faster. */
  readonly sync: boolean;
  readonly log: Log;
}

/** Postgres' own data folder in ours; it contains nothing else. */
export function clusterFolder(home: string): string {
  return path.join(home, 'cluster');
}

/** Opens the cluster in a folder, or creates one with an empty database: completely, or not at all. */
export async function openCluster(home: string, options: ClusterOptions): Promise<Cluster> {
  const folder = clusterFolder(home);
  const passwordFile = path.join(home, 'password');
  if (!existsSync(folder)) await createCluster(folder, passwordFile, options);
  await requireSameMajor(folder, options.binaries);
  const password = (await readFile(passwordFile, 'utf8')).trim();
  return { folder, password };
}

async function createCluster(folder: string, passwordFile: string, options: ClusterOptions): Promise<void> {
  options.log('Creating the database (once) …');
  const temporary = await mkdtemp(`${folder}.`);
  try {
    await makePrivateFolder(temporary, options.account);
    await writePassword(passwordFile, options.account);
    await initialise(temporary, passwordFile, options);
    await createDatabase(temporary, options);
    await rename(temporary, folder);
  } catch (error) {
    await rm(temporary, { recursive: true, force: true });
    throw error;
  }
}

/** initdb reads it, so it belongs to the user of initdb. */
async function writePassword(file: string, account: Account | undefined): Promise<void> {
  await writeFile(file, `${randomBytes(18).toString('base64url')}\n`, { mode: 0o600 });
  if (account !== undefined) await chown(file, account.uid, account.gid);
}

async function initialise(
  folder: string,
  passwordFile: string,
  { binaries, account, sync }: ClusterOptions,
): Promise<void> {
  const access = [`--username=${USER}`, '--auth=scram-sha-256', `--pwfile=${passwordFile}`];
  const text = ['--encoding=UTF8', '--locale=C'];
  const args = [`--pgdata=${folder}`, ...access, ...text, ...(sync ? [] : ['--no-sync'])];
  await runOrThrow(binaries.initdb, args, { account });
}

/** In single-user mode: no port, no client. */
async function createDatabase(folder: string, { binaries, account, sync }: ClusterOptions): Promise<void> {
  const failure = ['-c', 'exit_on_error=on'];
  const args = ['--single', '-D', folder, ...failure, ...(sync ? [] : ['-F']), 'postgres'];
  await runOrThrow(binaries.postgres, args, { input: `create database ${DATABASE};\n`, account });
}

async function runOrThrow(
  command: string,
  args: readonly string[],
  { input = '', account }: { input?: string; account: Account | undefined },
): Promise<void> {
  const { ok, problem } = await runCommand(command, args, {
    ...account,
    cwd: '/',
    env: postgresEnv(),
    input,
  });
  if (!ok) throw new Error(`Postgres could not make a new database: ${problem}`);
}

/** Without the caller's environment: PGDATA, PGPORT, locales and the like would change the server. */
export function postgresEnv(): NodeJS.ProcessEnv {
  return { PATH: process.env['PATH'], LC_ALL: 'C', TZ: 'UTC' };
}

async function requireSameMajor(folder: string, { version }: PostgresBinaries): Promise<void> {
  const written = (await readFile(path.join(folder, 'PG_VERSION'), 'utf8')).trim();
  if (Number.parseInt(version, 10) === Number(written)) return;
  throw new Error(
    `The data in ${folder} was written by Postgres ${written}, and this is Postgres ${version}, which cannot read it. ` +
      'Move that folder away to start with an empty database.',
  );
}

/**
 * Removes the pid file of a killed Postgres whose pid now belongs to another process: Postgres would take
 * that for the server. Any other stale file is left to Postgres, which first checks that no backend of the
 * dead server is still running. Throws if a Postgres runs on this folder.
 */
export async function removeMisleadingPidFile(folder: string): Promise<void> {
  const pid = (await readPidFile(folder))?.pid;
  const command = pid === undefined ? undefined : commandLine(pid);
  if (pid === undefined || command === undefined) return;
  if (command.includes(folder)) {
    throw new Error(
      `A Postgres already runs on ${folder}, as process ${pid}. Stop it first: kill -INT ${pid}`,
    );
  }
  await unlink(pidFile(folder));
}

/** True when this Postgres has written in its pid file that it accepts connections. */
export async function isClusterReady(folder: string, pid: number): Promise<boolean> {
  const file = await readPidFile(folder);
  return file?.pid === pid && file.status === 'ready';
}

function pidFile(folder: string): string {
  return path.join(folder, 'postmaster.pid');
}

async function readPidFile(folder: string): Promise<{ pid: number; status: string | undefined } | undefined> {
  const text = await readIfThere(pidFile(folder));
  if (text === undefined) return undefined;
  // One fact a line, as Postgres' own pg_ctl reads them: the first is the pid, the eighth the status.
  const lines = text.split('\n');
  return { pid: Number.parseInt(lines[0] ?? '', 10), status: lines[7]?.trim() };
}
