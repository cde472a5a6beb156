import { accessSync, constants } from 'node:fs';
import path from 'node:path';
import { type RedisProgram, type Unavailable, unavailable } from './redis-program.ts';
import { runCommand } from './run-command.ts';

const MINIMUM_MAJOR = 7;
const NAMES = ['redis-server', 'valkey-server'];

// Homebrew's folders (Apple silicon, Intel, Linux), MacPorts', and those a service account's PATH often lacks.
const USUAL_FOLDERS = [
  '/opt/homebrew/bin',
  '/opt/homebrew/opt/redis/bin',
  '/usr/local/bin',
  '/usr/local/opt/redis/bin',
  '/home/linuxbrew/.linuxbrew/bin',
  '/opt/local/bin',
  '/usr/bin',
  '/usr/sbin',
];

/** The first recent enough redis-server or valkey-server on the PATH or in the usual folders. */
export async function installedRedis(): Promise<RedisProgram | Unavailable> {
  const tooOld: string[] = [];
  for (const file of NAMES.flatMap(executablesNamed)) {
    const version = await redisVersion(file);
    if (version !== undefined && isNewEnough(version))
      return { kind: 'binary', path: file, how: `${file} ${version}` };
    tooOld.push(`${file} is ${version === undefined ? 'of an unknown version' : `version ${version}`}`);
  }
  return unavailable(tooOld.join(', ') || `neither ${NAMES.join(' nor ')} is on the PATH`);
}

/** The executable files of this name on the PATH and in the usual folders, best first. */
export function executablesNamed(name: string): string[] {
  const onPath = (process.env['PATH'] ?? '').split(path.delimiter).filter((folder) => folder !== '');
  const candidates = [...onPath, ...USUAL_FOLDERS].map((folder) => path.join(folder, name));
  return [...new Set(candidates)].filter(isExecutable);
}

/**
 * The version of a server binary, such as `7.0.15`; undefined if it does not run or prints something else.
 */
export async function redisVersion(file: string, libraryPath?: string): Promise<string | undefined> {
  const { stdout } = await runCommand(file, ['--version'], { env: redisEnv(libraryPath), timeoutMs: 10_000 });
  return /\bv=(\d+\.\d+(?:\.\d+)*)/.exec(stdout)?.[1];
}

/** The environment of a Redis whose libraries are in these folders; the system's own if there are none. */
export function redisEnv(libraryPath: string | undefined): NodeJS.ProcessEnv {
  return { ...process.env, ...(libraryPath && { LD_LIBRARY_PATH: libraryPath }) };
}

export function isNewEnough(version: string): boolean {
  return Number.parseInt(version, 10) >= MINIMUM_MAJOR;
}

function isExecutable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
