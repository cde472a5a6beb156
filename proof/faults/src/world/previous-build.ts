import { execFile } from 'node:child_process';
import { mkdir, readdir, readFile, symlink } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const run = promisify(execFile);

const ROOT = fileURLToPath(new URL('../../../../', import.meta.url));
const SERVICES = ['stream-gateway', 'session', 'persister'].map((name) => `services/${name}`);

/** Another version of the services, built. */
export interface PreviousBuild {
  /** `3 commits back, 1a2b3c4`. */
  readonly version: string;
  readonly root: string;
}

/**
 * Builds the services of this many commits ago in a folder, with today's dependencies; `undefined` without a
 * history. Throws if that version does not build with them.
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

/**
 * Gives each package of the folder the dependencies of its own manifest: packages of that version from the
 * folder, all others from today's.
 */
async function linkDependencies(folder: string): Promise<void> {
  await symlink(path.join(ROOT, 'node_modules'), path.join(folder, 'node_modules'));
  const packages = await readPackages(folder);
  for (const { root, dependencies } of packages) {
    for (const name of dependencies) {
      const own = packages.find((each) => each.name === name);
      const link = path.join(root, 'node_modules', name);
      await mkdir(path.dirname(link), { recursive: true });
      await symlink(own?.root ?? path.join(ROOT, 'node_modules', '.pnpm', 'node_modules', name), link);
    }
  }
}

interface PreviousPackage {
  readonly name: string;
  readonly root: string;
  readonly dependencies: readonly string[];
}

async function readPackages(folder: string): Promise<PreviousPackage[]> {
  const roots: string[] = [];
  for (const parent of ['packages', 'services'])
    for (const name of await readdir(path.join(folder, parent))) roots.push(path.join(folder, parent, name));
  return Promise.all(
    roots.map(async (root) => {
      const manifest = JSON.parse(await readFile(path.join(root, 'package.json'), 'utf8')) as {
        readonly name: string;
        readonly dependencies?: Readonly<Record<string, string>>;
        readonly devDependencies?: Readonly<Record<string, string>>;
      };
      const { name, dependencies = {}, devDependencies = {} } = manifest;
      return { name, root, dependencies: Object.keys({ ...dependencies, ...devDependencies }) };
    }),
  );
}
