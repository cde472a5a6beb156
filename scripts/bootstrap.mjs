// Makes a fresh clone ready to run, with nothing but Node and npm: installs when the lock file changed, then
// compiles. `--quiet` prints nothing unless it installs or fails, so that a command's own output stays clean;
// `--checked` compiles with tsc, as what is delivered.
import { spawnSync } from 'node:child_process';
import { accessSync, constants, existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createHash } from 'node:crypto';
import { fileURLToPath } from 'node:url';
import path from 'node:path';
import { installedPackages, missingPackage } from './bootstrap/installed-packages.mjs';
import { transpile } from './bootstrap/transpile.mjs';

const MINIMUM_NODE = [20, 19];

const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '..');
// `turnlog` imports this file; its arguments are those of a command.
const args = path.basename(process.argv[1]) === 'bootstrap.mjs' ? process.argv : ['--quiet'];
const isQuiet = args.includes('--quiet');
const isChecked = args.includes('--checked');

function requireNode() {
  const [major, minor] = process.versions.node.split('.').map(Number);
  const isNewEnough = major > MINIMUM_NODE[0] || (major === MINIMUM_NODE[0] && minor >= MINIMUM_NODE[1]);
  if (!isNewEnough)
    fail(`Turnlog needs Node ${MINIMUM_NODE.join('.')} or newer; this is ${process.versions.node}.`);
}

function fail(sentence) {
  console.error(sentence);
  process.exit(1);
}

/** Whether a command succeeded. With --quiet its output goes to standard error. */
function run(command, args) {
  const { status, error } = spawnSync(command, args, {
    cwd: root,
    stdio: isQuiet ? ['inherit', 2, 2] : 'inherit',
    // npx is a .cmd file on Windows, which only a shell can run.
    shell: process.platform === 'win32' && command === 'npx',
  });
  if (error) console.error(error.message);
  return status === 0;
}

function install(why) {
  accessSync(root, constants.W_OK);
  console.error(`${why} This takes half a minute, more on a slow line …`);
  // The version in package.json, from the npm registry: a pnpm on this machine may have any other.
  const { packageManager } = JSON.parse(readFileSync(path.join(root, 'package.json'), 'utf8'));
  const exactly = ['--frozen-lockfile', '--prefer-offline'];
  // Even if NODE_ENV is production, and without asking before it replaces a node_modules that is not pnpm's
  // own.
  const whatever = ['--prod=false', '--config.confirmModulesPurge=false'];
  if (run('npx', ['-y', packageManager, 'install', ...exactly, ...whatever])) return;
  fail(
    'The dependencies could not be installed: the lines above have the reason. Is there a connection to the npm registry, ' +
      'and room on the disk? Then run the same command again.',
  );
}

/** The folders with a package.json of their own. */
function workspaces() {
  const folders = ['packages', 'services', 'proof'].flatMap((folder) =>
    readdirSync(path.join(root, folder), { withFileTypes: true })
      .filter((entry) => entry.isDirectory())
      .map(({ name }) => `${folder}/${name}`),
  );
  return ['bench', ...folders];
}

/** A digest of every file that decides the contents of node_modules. */
function dependencyDigest() {
  const manifests = workspaces().map((folder) => `${folder}/package.json`);
  const hash = createHash('sha256').update(process.version);
  for (const file of ['pnpm-lock.yaml', 'pnpm-workspace.yaml', 'package.json', ...manifests])
    hash.update(file).update(readIfPresent(path.join(root, file)));
  return hash.digest('hex');
}

/** A dependency that is not in node_modules, as after a copy that was cut short; those of other systems are optional. */
function missingDependency() {
  for (const folder of workspaces()) {
    const manifest = path.join(root, folder, 'package.json');
    const { dependencies = {} } = JSON.parse(readIfPresent(manifest).toString() || '{}');
    for (const name of Object.keys(dependencies))
      if (!existsSync(path.join(root, folder, 'node_modules', name, 'package.json'))) return name;
  }
  return existsSync(path.join(root, 'node_modules/@swc/core/package.json')) ? undefined : '@swc/core';
}

function readIfPresent(file) {
  try {
    return readFileSync(file);
  } catch (error) {
    if (error.code === 'ENOENT') return '';
    throw error;
  }
}

/** Installs what is missing; true if it did. */
function installMissing() {
  const stamp = path.join(root, 'node_modules', '.turnlog-installed');
  const wanted = dependencyDigest();
  const [installed, ...packages] = readIfPresent(stamp).toString().split('\n');
  const missing = installed === wanted ? (missingDependency() ?? missingPackage(root, packages)) : undefined;
  if (installed === wanted && missing === undefined) return false;
  if (missing !== undefined) {
    // pnpm takes what is there for complete.
    rmSync(path.join(root, 'node_modules'), { recursive: true, force: true });
  }
  install(
    missing === undefined
      ? 'Installing the dependencies.'
      : `${missing} is missing in node_modules: installing again.`,
  );
  writeFileSync(stamp, [wanted, ...installedPackages(root)].join('\n'));
  return true;
}

async function build(all) {
  const startedAt = performance.now();
  try {
    const files = await transpile(root, workspaces(), { all });
    const seconds = ((performance.now() - startedAt) / 1000).toFixed(1);
    if (!isQuiet && files > 0) console.log(`Compiled ${files} files in ${seconds} s.`);
  } catch (error) {
    failIfUnwritable(error);
    // swc has no program for this system, or a file has an error: tsc runs everywhere, and names it.
    console.error(`${error.message}\nCompiling with tsc instead. This takes a minute …`);
    buildChecked();
  }
}

/** Another compiler cannot write there either. */
function failIfUnwritable({ code }) {
  if (code === 'ENOSPC' || code === 'EDQUOT')
    fail(`The disk of ${root} is full. Make room, and run the same command again.`);
  if (code === 'EACCES' || code === 'EPERM' || code === 'EROFS')
    fail(
      `This user may not write to ${root}. Take it over with: sudo chown -R "$(id -un)" '${root}', or clone it again.`,
    );
}

function buildChecked() {
  if (!run(process.execPath, ['node_modules/typescript/bin/tsc', '-b'])) fail('Building failed.');
}

requireNode();
let isNew;
try {
  isNew = installMissing();
} catch (error) {
  failIfUnwritable(error);
  throw error;
}
if (isChecked) buildChecked();
else await build(isNew);
