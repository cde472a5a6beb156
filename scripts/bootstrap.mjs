// Makes a fresh clone ready to run, with nothing but Node and npm: installs when the lock file changed, then builds.
// `--quiet` says nothing unless it fails, so that a command's own output stays clean.
import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createHash } from 'node:crypto';
import { fileURLToPath } from 'node:url';
import path from 'node:path';

const PNPM = 'pnpm@10.34.9';
const MINIMUM_NODE = [20, 19];

const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '..');
const quiet = process.argv.includes('--quiet');

function requireNode() {
  const [major, minor] = process.versions.node.split('.').map(Number);
  const isOldEnough = major > MINIMUM_NODE[0] || (major === MINIMUM_NODE[0] && minor >= MINIMUM_NODE[1]);
  if (isOldEnough) return;
  console.error(`Turnlog needs Node ${MINIMUM_NODE.join('.')} or newer; this is ${process.versions.node}.`);
  process.exit(1);
}

function run(what, command, args) {
  const windows = process.platform === 'win32';
  const result = spawnSync(command, args, { cwd: root, stdio: quiet ? 'pipe' : 'inherit', shell: windows });
  if (result.status === 0) return;
  if (quiet)
    process.stderr.write(Buffer.concat([result.stdout ?? Buffer.of(), result.stderr ?? Buffer.of()]));
  console.error(`${what} failed${result.error ? `: ${result.error.message}` : ''}.`);
  process.exit(result.status ?? 1);
}

/** A digest of every file that decides what node_modules holds. */
function dependencyDigest() {
  const manifests = ['packages', 'services'].flatMap((folder) =>
    readdirSync(path.join(root, folder)).map((name) => `${folder}/${name}/package.json`),
  );
  const files = ['pnpm-lock.yaml', 'pnpm-workspace.yaml', 'package.json', 'bench/package.json', ...manifests];
  const hash = createHash('sha256').update(process.version);
  for (const file of files) hash.update(file).update(readIfPresent(path.join(root, file)));
  return hash.digest('hex');
}

function readIfPresent(file) {
  try {
    return readFileSync(file);
  } catch {
    return '';
  }
}

requireNode();
const stamp = path.join(root, 'node_modules', '.turnlog-installed');
const wanted = dependencyDigest();
if (readIfPresent(stamp).toString() !== wanted) {
  run('Installing the dependencies', 'npx', ['-y', PNPM, 'install', '--frozen-lockfile', '--prefer-offline']);
  writeFileSync(stamp, wanted);
}
run('Building', process.execPath, ['node_modules/typescript/bin/tsc', '-b']);
