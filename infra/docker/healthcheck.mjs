// Prints what a URL answers; exit code 0 if that is 200 in time. The image has no curl, and needs none.
//   node infra/docker/healthcheck.mjs <url> [--kill-after <n>]
// With --kill-after, the n-th failure in a row kills the container's main process, and Docker's restart policy
// starts the container again: Docker itself only labels a container as unhealthy.
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { get } from 'node:http';
import { parseArgs } from 'node:util';

const TIMEOUT_MS = 3000;
const FAILURES_FILE = '/tmp/failed-health-checks';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { 'kill-after': { type: 'string' } },
});
const [url] = positionals;
const killAfter = Number(values['kill-after'] ?? Infinity);

const request = get(url, { timeout: TIMEOUT_MS }, (response) => {
  response.pipe(process.stdout);
  finish(response.statusCode === 200);
});
request.on('timeout', () => request.destroy(new Error(`no answer within ${TIMEOUT_MS} ms`)));
request.on('error', (error) => {
  console.error(`${url}: ${error.message}`);
  finish(false);
});

function finish(isHealthy) {
  process.exitCode = isHealthy ? 0 : 1;
  if (killAfter === Infinity) return;
  if (isHealthy) return rmSync(FAILURES_FILE, { force: true });
  const failures = failuresBefore() + 1;
  if (failures < killAfter) return writeFileSync(FAILURES_FILE, String(failures));
  rmSync(FAILURES_FILE, { force: true });
  for (const pid of mainProcesses()) process.kill(pid, 'SIGKILL');
}

function failuresBefore() {
  try {
    return Number(readFileSync(FAILURES_FILE, 'utf8'));
  } catch (error) {
    if (error.code === 'ENOENT') return 0;
    throw error;
  }
}

/** The children of the container's init, which itself cannot be killed from inside. */
function mainProcesses() {
  return readFileSync('/proc/1/task/1/children', 'utf8').trim().split(' ').filter(Boolean).map(Number);
}
