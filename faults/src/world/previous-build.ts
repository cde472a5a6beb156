import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { cp, mkdir, readdir, symlink } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const run = promisify(execFile);

const ROOT = fileURLToPath(new URL('../../../', import.meta.url));
const SERVICES = ['stream-gateway', 'session', 'persister'].map((name) => `services/${name}`);

/** Another version of the services, built. */
export interface PreviousBuild {
  /** `3 commits back, 1a2b3c4`. */
  readonly version: string;
  readonly root: string;
}

/**
 * Builds the services as they were so many commits ago in a folder, with the dependencies of today; `undefined` where there
 * is no history. Throws when that version does not build with them.
 */
export async function buildPrevious(folder: string, commitsBack: number): Promise<PreviousBuild | undefined> {
  const git = ['-C', ROOT];
  const commit = await run('git', [...git, 'rev-parse', '--short', `HEAD~${commitsBack}`]).then(
    ({ stdout }) => stdout.trim(),
    () => undefined,
  );
  if (commit === undefined) return undefined;
  await mkdir(folder);
  const archive = path.join(folder, 'tree.tar');
  await run('git', [...git, 'archive', '--output', archive, commit]);
  await run('tar', ['-xf', archive, '-C', folder]);
  await linkDependencies(folder);
  const compiler = path.join('node_modules', 'typescript', 'bin', 'tsc');
  await run(process.execPath, [compiler, '-b', ...SERVICES], { cwd: folder });
  return { version: `${commitsBack} commits back, ${commit}`, root: folder };
}

/** Links between packages are relative: copied, they lead to the packages of the folder. */
async function linkDependencies(folder: string): Promise<void> {
  await symlink(path.join(ROOT, 'node_modules'), path.join(folder, 'node_modules'));
  for (const parent of ['packages', 'services']) {
    for (const name of await readdir(path.join(folder, parent))) {
      const modules = path.join(parent, name, 'node_modules');
      const from = path.join(ROOT, modules);
      // A package that depends on nothing has none.
      if (existsSync(from))
        await cp(from, path.join(folder, modules), { recursive: true, verbatimSymlinks: true });
    }
  }
}
