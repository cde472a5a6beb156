import { existsSync, readFileSync, statSync } from 'node:fs';
import { chmod, chown, mkdir, mkdtemp, readFile, realpath, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { runCommand } from './run-command.ts';

/** A user other than root, for a server that refuses to run as root. */
export interface Account {
  readonly uid: number;
  readonly gid: number;
}

/**
 * The account of a server if this process is root: the owner of existing data, so that another user's data
 * stays that user's, else `nobody`. Undefined if this process is not root; its servers run as itself.
 */
export function unprivilegedAccount(dataFolder: string): Account | undefined {
  if (process.getuid?.() !== 0) return undefined;
  const owner = statSync(dataFolder, { throwIfNoEntry: false });
  return owner === undefined || owner.uid === 0 ? nobody() : { uid: owner.uid, gid: owner.gid };
}

function nobody(): Account {
  const passwd = existsSync('/etc/passwd') ? readFileSync('/etc/passwd', 'utf8') : '';
  const fields = /^nobody:[^:]*:(-?\d+):(-?\d+):/m.exec(passwd);
  // Some systems write the ids of nobody as -2.
  const [uid, gid] = fields ? [Number(fields[1]) >>> 0, Number(fields[2]) >>> 0] : [65_534, 65_534];
  return { uid, gid };
}

/**
 * `wanted`, or `substitute` if the account cannot reach `wanted` because a parent folder is closed to others,
 * as root's home often is. This only happens to root, so the substitute may be in a folder of the system.
 */
export async function reachableFolder(
  wanted: string,
  substitute: string,
  account: Account | undefined,
): Promise<string> {
  await mkdir(wanted, { recursive: true });
  const folder = await realpath(wanted);
  if (account === undefined || (await canEnter(folder, account))) return folder;
  await makeOpenFolder(substitute);
  if (await canEnter(substitute, account)) return substitute;
  throw new Error(
    `Postgres does not run as root, and user ${account.uid}, which it runs as instead, can reach neither ${folder} ` +
      `nor ${substitute}. Run Turnlog as a normal user, or set DATABASE_URL.`,
  );
}

/**
 * The same for data, which belongs to one caller: the substitute is a new folder in `systemFolder`, and
 * MOVED.txt in `wanted` has its path. Without that file the data starts empty.
 */
export async function reachableDataFolder(
  wanted: string,
  systemFolder: string,
  account: Account | undefined,
): Promise<string> {
  const folder = await reachableFolder(wanted, systemFolder, account);
  if (folder !== systemFolder) return folder;

  const note = path.join(wanted, 'MOVED.txt');
  if (existsSync(note)) return (await readFile(note, 'utf8')).trimEnd().split('\n').at(-1) ?? '';
  const substitute = await mkdtemp(path.join(systemFolder, 'data-'));
  await chmod(substitute, 0o755);
  await writeFile(
    note,
    `Postgres cannot run as root, and others cannot reach this folder. Its data is in\n${substitute}\n`,
  );
  return substitute;
}

/** Creates a folder, or takes over an existing one, for the account alone. */
export async function makePrivateFolder(folder: string, account: Account | undefined): Promise<void> {
  await mkdir(folder, { recursive: true });
  await chmod(folder, 0o700);
  if (account !== undefined) await chown(folder, account.uid, account.gid);
}

/**
 * Asks the system as that user, because modes alone are not enough: there are access lists and other
 * mechanisms.
 */
async function canEnter(folder: string, account: Account): Promise<boolean> {
  const { ok } = await runCommand('/bin/sh', ['-c', 'test -x "$0"', folder], { ...account, cwd: '/' });
  return ok;
}

/** Others may pass through, whatever the umask, but only root may write. */
async function makeOpenFolder(folder: string): Promise<void> {
  await mkdir(folder, { recursive: true });
  await chmod(folder, 0o755);
}
