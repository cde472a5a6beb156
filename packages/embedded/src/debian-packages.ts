import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { runCommand } from './run-command.ts';

/** Runs `apt-get` and returns its output; throws with its error output if it fails. */
export type Apt = (args: readonly string[], cwd?: string) => Promise<string>;

// As root, apt downloads as the user _apt, who cannot write to our folder, and warns about it; signatures are
// checked all the same.
const AS_OURSELVES = ['-o', 'APT::Sandbox::User=root'];

/**
 * Downloads packages into `folder` without root. Tries the system's package lists first; if they are missing
 * or out of date, it fetches fresh lists into a folder of our own, and the system's stay as they are.
 */
export async function aptGetDownload(folder: string, choose: (apt: Apt) => Promise<string[]>): Promise<void> {
  const download = async (apt: Apt): Promise<void> => {
    await apt(['download', ...(await choose(apt))], folder);
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
    await apt(['update']);
    await download(apt);
  } finally {
    await rm(state, { recursive: true, force: true });
  }
}

function aptWith(options: readonly string[]): Apt {
  return async (args, cwd = os.tmpdir()) => {
    const env = { ...process.env, LC_ALL: 'C', DEBIAN_FRONTEND: 'noninteractive' };
    const { ok, stdout, problem } = await runCommand('apt-get', ['-q', ...options, ...args], { cwd, env });
    if (!ok) throw new Error(`apt-get ${args[0] ?? ''}: ${problem}`);
    return stdout;
  };
}

/** The libraries that these packages need, directly or indirectly, and that the system does not have. */
export async function missingLibraries(apt: Apt, packages: readonly string[]): Promise<string[]> {
  const plan = await apt(['install', '--simulate', '--no-install-recommends', ...packages]);
  const names = [...plan.matchAll(/^Inst (\S+)/gm)].map(([, name = '']) => name);
  return names.filter((name) => name.startsWith('lib') || name.startsWith('lua-'));
}
