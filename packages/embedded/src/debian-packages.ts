import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { runCommand } from './run-command.ts';

/**
 * Runs an apt tool (`apt-get` or `apt-cache`) and returns its output; throws with its error output if it
 * fails.
 */
export type Apt = (tool: 'apt-get' | 'apt-cache', args: readonly string[], cwd?: string) => Promise<string>;

// As root, apt downloads as the user _apt, who cannot write to our folder, and warns about it; signatures are
// checked all the same.
const AS_OURSELVES = ['-o', 'APT::Sandbox::User=root'];

/**
 * Downloads packages into `folder` without root. Tries the system's package lists first; if they are missing
 * or out of date, it fetches fresh lists into a folder of our own, and the system's stay as they are.
 */
export async function aptGetDownload(folder: string, choose: (apt: Apt) => Promise<string[]>): Promise<void> {
  const download = async (apt: Apt): Promise<void> => {
    await apt('apt-get', ['download', ...(await choose(apt))], folder);
  };
  try {
    await download(aptWith(AS_OURSELVES));
  } catch {
    await withFreshLists(download);
  }
}

async function withFreshLists(download: (apt: Apt) => Promise<void>): Promise<void> {
  const state = await mkdtemp(path.join(os.tmpdir(), 'turnlog-apt-'));
  try {
    await mkdir(path.join(state, 'lists/partial'), { recursive: true });
    await mkdir(path.join(state, 'cache/archives/partial'), { recursive: true });
    const folders = ['-o', `Dir::State::lists=${state}/lists`, '-o', `Dir::Cache=${state}/cache`];
    const apt = aptWith([...AS_OURSELVES, ...folders]);
    await apt('apt-get', ['update']);
    await download(apt);
  } finally {
    await rm(state, { recursive: true, force: true });
  }
}

function aptWith(options: readonly string[]): Apt {
  return async (tool, args, cwd = os.tmpdir()) => {
    const env = { ...process.env, LC_ALL: 'C', DEBIAN_FRONTEND: 'noninteractive' };
    const { ok, stdout, problem } = await runCommand(tool, ['-q', ...options, ...args], { cwd, env });
    if (!ok) throw new Error(`${tool} ${args[0] ?? ''}: ${problem}`);
    return stdout;
  };
}

/** The libraries that these packages need, directly or indirectly, and that the system does not have. */
export async function missingLibraries(apt: Apt, packages: readonly string[]): Promise<string[]> {
  const installed = await installedPackages();
  const missing = new Set<string>();
  for (let next = [...packages]; next.length > 0;) {
    const needed = dependenciesIn(await apt('apt-cache', ['depends', '--important', ...next]));
    next = needed.filter((name) => isLibrary(name) && !installed.has(name) && !missing.has(name));
    for (const name of next) missing.add(name);
  }
  return [...missing];
}

/**
 * The names in the output of `apt-cache depends`. A line that begins with `|` has an alternative on the next
 * line, of which the first is taken; `<name>` is a virtual package, which cannot be downloaded.
 */
export function dependenciesIn(output: string): string[] {
  const names: string[] = [];
  let isAlternative = false;
  for (const line of output.split('\n')) {
    const match = /^ ([ |])(?:Pre)?Depends: (\S+)/.exec(line);
    if (!match) continue;
    const [, bar, name = ''] = match;
    if (!isAlternative && !name.startsWith('<')) names.push(name);
    isAlternative = bar === '|';
  }
  return names;
}

function isLibrary(name: string): boolean {
  return name.startsWith('lib') || name.startsWith('lua-');
}

async function installedPackages(): Promise<Set<string>> {
  const { stdout } = await runCommand('dpkg-query', ['-W', '-f', '${db:Status-Status} ${Package}\n']);
  const lines = stdout.split('\n').filter((line) => line.startsWith('installed '));
  return new Set(lines.map((line) => line.slice('installed '.length)));
}
