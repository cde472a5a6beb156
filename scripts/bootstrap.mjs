// Makes a fresh clone ready to run, with nothing but Node and npm: installs when the lock file changed, then builds.
// `--quiet` says nothing unless it fails, so that a command's own output stays clean.
import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createHash } from 'node:crypto';
import { fileURLToPath } from 'node:url';
import path from 'node:path';

const MINIMUM_NODE = [20, 19];

const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '..');
const quiet = process.argv.includes('--quiet');

function requireNode() {
  const [major, minor] = process.versions.node.split('.').map(Number);
  const isNewEnough = major > MINIMUM_NODE[0] || (major === MINIMUM_NODE[0] && minor >= MINIMUM_NODE[1]);
  if (isNewEnough) return;
  console.error(`Turnlog needs Node ${MINIMUM_NODE.join('.')} or newer; this is ${process.versions.node}.`);
  process.exit(1);
}

function run(what, command, args) {
  const result = spawnSync(command, args, {
    cwd: root,
    stdio: quiet ? 'pipe' : 'inherit',
    maxBuffer: 64 * 1024 * 1024,
    // npx is a .cmd file on Windows, which only a shell can run.
    shell: process.platform === 'win32' && command === 'npx',
  });
  if (result.status === 0) return;
  if (quiet) for (const output of [result.stdout, result.stderr]) if (output) process.stderr.write(output);
  console.error(`${what} failed${result.error ? `: ${result.error.message}` : ''}.`);
  process.exit(result.status ?? 1);
}

function install() {
  // The version in package.json, from the npm registry: a pnpm on this machine may have any other.
  const { packageManager } = JSON.parse(readFileSync(path.join(root, 'package.json'), 'utf8'));
  const exactly = ['--frozen-lockfile', '--prefer-offline'];
  // Even if NODE_ENV is production, and without asking before it replaces a node_modules that is not pnpm's
  // own.
  const whatever = ['--prod=false', '--config.confirmModulesPurge=false'];
  run('Installing the dependencies', 'npx', ['-y', packageManager, 'install', ...exactly, ...whatever]);
}

/** A digest of every file that decides the contents of node_modules. */
function dependencyDigest() {
  const manifests = ['packages', 'services', 'proof'].flatMap((folder) =>
    readdirSync(path.join(root, folder), { withFileTypes: true })
      .filter((entry) => entry.isDirectory())
      .map(({ name }) => `${folder}/${name}/package.json`),
  );
  const files = ['pnpm-lock.yaml', 'pnpm-workspace.yaml', 'package.json', 'bench/package.json', ...manifests];
  const hash = createHash('sha256').update(process.version);
  for (const file of files) hash.update(file).update(readIfPresent(path.join(root, file)));
  return hash.digest('hex');
}

function readIfPresent(file) {
  try {
    return readFileSync(file);
  } catch (error) {
    if (error.code === 'ENOENT') return '';
    throw error;
  }
}

requireNode();
const stamp = path.join(root, 'node_modules', '.turnlog-installed');
const wanted = dependencyDigest();
if (readIfPresent(stamp).toString() !== wanted) {
  install();
  writeFileSync(stamp, wanted);
}
run('Building', process.execPath, ['node_modules/typescript/bin/tsc', '-b']);
