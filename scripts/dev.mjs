// `npm run dev`: every service on this machine, restarted after each change that compiles, with a port for a
// debugger. Redis and Postgres are its own, with their data in the data folder; REDIS_URL and DATABASE_URL
// are not used.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, statSync } from 'node:fs';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { startLocalStack } from '../packages/local-stack/dist/index.js';
import { formatLogLine, readLogLine } from '../packages/cli/dist/up/log-line.js';

const INSPECTOR_PORTS = { gateway: 9229, session: 9230, persister: 9231, reconciler: 9232 };
const BUILT = /Found 0 errors/;

const root = path.resolve(import.meta.dirname, '..');
const stopping = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => stopping.abort());

const stack = await startStack();
showStack();
const compiler = watchSources();
await once(stopping.signal, 'abort');
compiler.kill();
await stack.stop();

function startStack() {
  return startLocalStack({
    dataDir: path.resolve(process.env.TURNLOG_DATA_DIR || path.join(root, '.data')),
    gatewayPort: Number(process.env.PORT || 8080),
    reconcilers: 1,
    serviceEnv: Object.fromEntries(
      Object.entries(INSPECTOR_PORTS).map(([kind, port]) => [kind, inspectedOn(port)]),
    ),
    signal: stopping.signal,
    onLine: (service, line) => {
      const read = readLogLine(line);
      console.log(`[${service}] ${read ? formatLogLine(read) : line}`);
    },
    onNotice: console.log,
  });
}

/** Source maps make a stack trace name the lines of the TypeScript files. */
function inspectedOn(port) {
  const options = [process.env.NODE_OPTIONS, '--enable-source-maps', `--inspect=127.0.0.1:${port}`];
  return { NODE_OPTIONS: options.filter(Boolean).join(' ') };
}

function showStack() {
  console.log(`\nTurnlog is up. Exotel stream: ${stack.streamUrls[0]}. Logs: ${stack.logDir}`);
  for (const { name, kind } of stack.services)
    console.log(`  ${name}: debugger on port ${INSPECTOR_PORTS[kind]}`);
  console.log('A saved file is compiled, and the services start again. Ctrl-C stops everything.\n');
}

/** Compiles each change, and restarts the services when all of it has compiled. */
function watchSources() {
  const projects = [
    'packages/cli',
    ...readdirSync(path.join(root, 'services')).map((name) => `services/${name}`),
  ];
  const args = ['node_modules/typescript/bin/tsc', '-b', ...projects, '--watch', '--preserveWatchOutput'];
  const child = spawn(process.execPath, args, { cwd: root, stdio: ['ignore', 'pipe', 'inherit'] });
  let builtAt = newestBuild();
  let reloading = Promise.resolve();
  createInterface({ input: child.stdout }).on('line', (line) => {
    if (line !== '') console.log(`[tsc] ${line}`);
    if (!BUILT.test(line) || newestBuild() === builtAt) return;
    builtAt = newestBuild();
    reloading = reloading.then(reload);
  });
  child.once('exit', () => stopping.abort());
  return child;
}

async function reload() {
  if (stopping.signal.aborted) return;
  const results = await Promise.allSettled(stack.services.map((service) => service.restart()));
  for (const { reason } of results) if (reason) console.log(String(reason));
  console.log('[dev] The services run the new code.');
}

/** When a compiled file of a package or a service was last written. */
function newestBuild() {
  const folders = ['packages', 'services'].flatMap((folder) =>
    readdirSync(path.join(root, folder)).map((name) => path.join(root, folder, name, 'dist')),
  );
  const files = folders.flatMap((folder) =>
    readdirSync(folder, { recursive: true }).map((file) => path.join(folder, file)),
  );
  return Math.max(...files.filter((file) => file.endsWith('.js')).map((file) => statSync(file).mtimeMs));
}
