// All checks before a change is handed in: types, lint, format, imports, dead code, tests, and the short
// selection of the fault suite. The static checks run beside the tests, at the lowest priority: tests wait
// for servers, which leaves them about a third of two processors. No scenario starts after a failure. The
// last line counts tests and fault scenarios: `N passed, N failed`.
import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '..');

/**
 * Runs a step with its output as it comes. Resolves to whether it ended with exit code 0, and to its output
 * if that was kept.
 */
function step(name, args, output = 'inherit') {
  console.log(`\n== ${name}`);
  return run(name, args, output);
}

/**
 * Runs rows of steps beside everything else, the steps of a row one after the other, each with its output in
 * one piece. `failed` names those that did not end with exit code 0.
 */
function inBackground(rows) {
  console.log(
    `\n== ${rows
      .flat()
      .map(([name]) => name)
      .join(', ')} (in the background)`,
  );
  const failed = [];
  const runRow = async (row) => {
    for (const [name, args] of row) {
      const { ok, stdout } = await run(name, args, 'pipe', os.constants.priority.PRIORITY_LOW);
      process.stdout.write(stdout);
      if (!ok) failed.push(name);
    }
  };
  return { failed, ended: Promise.all(rows.map(runRow)) };
}

async function run(name, args, output, priority) {
  const start = performance.now();
  const child = spawn(process.execPath, args, { cwd: root, stdio: ['inherit', output, 'inherit'] });
  if (priority !== undefined && child.pid !== undefined) os.setPriority(child.pid, priority);
  const written = [];
  child.stdout?.on('data', (chunk) => written.push(chunk));
  const how = await new Promise((resolve) => {
    child.once('error', ({ message }) => resolve(message));
    child.once('close', (code, signal) =>
      resolve(signal ? `ended by ${signal}` : code === 0 ? '' : `exit code ${code}`),
    );
  });
  const seconds = ((performance.now() - start) / 1000).toFixed(1);
  if (how === '') console.log(`-- ${name}: ${seconds} s`);
  else console.error(`-- ${name} FAILED after ${seconds} s (${how})`);
  return { ok: how === '', stdout: Buffer.concat(written).toString() };
}

async function runTests() {
  const folder = mkdtempSync(path.join(os.tmpdir(), 'turnlog-check-'));
  const resultFile = path.join(folder, 'jest.json');
  try {
    const jest = ['--experimental-vm-modules', '--disable-warning=ExperimentalWarning'];
    const report = ['--json', `--outputFile=${resultFile}`];
    const args = [...jest, 'node_modules/jest/bin/jest.js', ...report, ...jestOptions()];
    const { ok } = await step('tests', args);
    return { ok, counts: readCounts(resultFile) };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** `npm test -- packages/exotel` checks everything, and runs the tests of that folder alone, and no fault scenario. */
function jestOptions() {
  return process.argv.slice(2);
}

async function runFaults() {
  const args = ['proof/faults/dist/main.js', '--quick', '--json'];
  const { ok, stdout } = await step('faults, the short selection', args, 'pipe');
  return { ok, counts: countOutcomes(stdout) };
}

function countOutcomes(json) {
  try {
    const outcomes = JSON.parse(json);
    const passed = outcomes.filter(({ ok }) => ok).length;
    return { passed, failed: outcomes.length - passed, skipped: 0 };
  } catch {
    return undefined;
  }
}

function readCounts(resultFile) {
  try {
    const result = JSON.parse(readFileSync(resultFile, 'utf8'));
    // A file that could not be loaded has no tests to count, and has failed all the same.
    const failed = result.numFailedTests + result.numRuntimeErrorTestSuites;
    return { passed: result.numPassedTests, failed, skipped: result.numPendingTests + result.numTodoTests };
  } catch {
    return undefined;
  }
}

function countLine({ passed, failed, skipped }) {
  return `${passed} passed, ${failed} failed${skipped ? `, ${skipped} skipped` : ''}`;
}

function add(a, b) {
  return { passed: a.passed + b.passed, failed: a.failed + b.failed, skipped: a.skipped + b.skipped };
}

const { failed, ended } = inBackground([
  [['lint', ['node_modules/eslint/bin/eslint.js', '.', '--max-warnings', '0']]],
  [
    ['types', ['node_modules/typescript/bin/tsc', '-p', 'tsconfig.test.json']],
    ['format', ['node_modules/prettier/bin/prettier.cjs', '--check', '--log-level', 'warn', '.']],
    ['imports', ['scripts/check-structure.mjs']],
    ['dead code', ['node_modules/knip/bin/knip.js', '--no-progress']],
    ['log events', ['scripts/check-logs.mjs']],
    ['settings', ['scripts/settings.mjs', '--check']],
    ['data dictionary', ['scripts/dictionary.mjs', '--check']],
  ],
]);

const tests = await runTests();
if (!tests.counts) console.error('\nThe tests ended without a result.');
const areTestsSound =
  tests.ok && tests.counts !== undefined && tests.counts.failed === 0 && tests.counts.passed > 0;

const wantsFaults = areTestsSound && failed.length === 0 && jestOptions().length === 0;
const faults = wantsFaults ? await runFaults() : undefined;
if (faults && !faults.counts) console.error('\nThe fault suite ended without a result.');
const areFaultsSound = !faults || (faults.ok && faults.counts?.failed === 0 && faults.counts.passed > 0);

await ended;
if (failed.length > 0) console.error(`\nfailed: ${failed.join(', ')}`);
const counted = [tests.counts, faults?.counts].filter(Boolean);
if (counted.length > 1)
  console.log(`\ntests: ${countLine(tests.counts)}; fault scenarios: ${countLine(faults.counts)}`);
if (counted.length > 0) console.log(`\n${countLine(counted.reduce(add))}`);
process.exit(areTestsSound && areFaultsSound && failed.length === 0 ? 0 : 1);
