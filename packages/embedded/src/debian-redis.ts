import { existsSync, readFileSync } from 'node:fs';
import { mkdir, readdir, rm } from 'node:fs/promises';
import path from 'node:path';
import { buildOnce } from './build-once.ts';
import { aptGetDownload, missingLibraries } from './debian-packages.ts';
import { executablesNamed, isNewEnough, redisVersion } from './installed-redis.ts';
import { type RedisProgram, type Unavailable, unavailable, type Log } from './redis-program.ts';
import { runCommand } from './run-command.ts';

const PACKAGES = ['redis-server', 'redis-tools'];

/** Debian's or Ubuntu's own Redis, unpacked into the cache: nothing is installed, and root is not needed. */
export async function debianRedis(cacheDir: string, log: Log): Promise<RedisProgram | Unavailable> {
  const isDebian = ['apt-get', 'dpkg'].every((name) => executablesNamed(name).length > 0);
  if (!isDebian) return unavailable('this is not Debian or Ubuntu, whose own package could be unpacked');

  const folder = path.join(cacheDir, `redis-${releaseName()}-${process.arch}`);
  const build = (): Promise<void> => buildOnce(folder, (temporary) => unpackRedis(temporary, log));
  try {
    await build();
    if ((await versionIn(folder)) === undefined) {
      log(`The Redis in ${folder} is damaged: fetching it again …`);
      await rm(folder, { recursive: true, force: true });
      await build();
    }
  } catch (error) {
    return unavailable(`Debian's package: ${error instanceof Error ? error.message : String(error)}`);
  }
  return programIn(folder);
}

async function unpackRedis(folder: string, log: Log): Promise<void> {
  log('Fetching Redis from the packages of this system (once)');
  const packages = path.join(folder, 'packages');
  await mkdir(packages);
  await aptGetDownload(packages, async (apt) => [...PACKAGES, ...(await missingLibraries(apt, PACKAGES))]);
  for (const file of await readdir(packages)) {
    const { ok, problem } = await runCommand('dpkg', ['-x', path.join(packages, file), folder]);
    if (!ok) throw new Error(problem);
  }
  await rm(packages, { recursive: true });

  const program = await programIn(folder);
  if (program.kind === 'unavailable') throw new Error(program.reason);
}

async function programIn(folder: string): Promise<RedisProgram | Unavailable> {
  const file = programFile(folder);
  const libraryPath = await libraryFolders(folder);
  const version = await redisVersion(file, libraryPath);
  if (version === undefined) return unavailable(`${file} does not run`);
  if (!isNewEnough(version)) return unavailable(`this system offers Redis ${version}, which is too old`);
  return {
    kind: 'binary',
    path: file,
    libraryPath,
    how: `the system's Redis ${version}, unpacked in ${folder}`,
  };
}

/** The version of an unpacked Redis; undefined if it does not run. */
async function versionIn(folder: string): Promise<string | undefined> {
  return redisVersion(programFile(folder), await libraryFolders(folder));
}

function programFile(folder: string): string {
  return path.join(folder, 'usr/bin/redis-server');
}

/** `usr/lib/x86_64-linux-gnu` and the like: where this release and architecture keep libraries. */
async function libraryFolders(folder: string): Promise<string> {
  const folders: string[] = [];
  for (const lib of [path.join(folder, 'usr/lib'), path.join(folder, 'lib')]) {
    const names = existsSync(lib) ? await readdir(lib) : [];
    folders.push(...names.filter((name) => name.includes('-linux-')).map((name) => path.join(lib, name)));
  }
  return folders.join(':');
}

/** Such as `debian12`: the packages of one release do not run on another. */
function releaseName(): string {
  const text = existsSync('/etc/os-release') ? readFileSync('/etc/os-release', 'utf8') : '';
  const field = (name: string): string => new RegExp(`^${name}="?([\\w.]+)`, 'm').exec(text)?.[1] ?? '';
  return `${field('ID')}${field('VERSION_ID')}` || 'debian';
}
