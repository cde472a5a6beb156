// Everything that must hold before a change is handed in: types, lint, format, tests. Stops at the first failure. The
// last line counts the tests: `N passed, N failed`.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '..');

/** Runs a step with its output as it comes. True when it ended with exit code 0. */
function step(name, args) {
  console.log(`\n== ${name}`);
  const start = performance.now();
  const { status, signal, error } = spawnSync(process.execPath, args, { cwd: root, stdio: 'inherit' });
  const seconds = ((performance.now() - start) / 1000).toFixed(1);
  if (status === 0) {
    console.log(`-- ${name}: ${seconds} s`);
    return true;
  }
  const how = error?.message ?? (signal ? `ended by ${signal}` : `exit code ${status}`);
  console.error(`-- ${name} FAILED after ${seconds} s (${how})`);
  return false;
}

function runTests() {
  const folder = mkdtempSync(path.join(os.tmpdir(), 'turnlog-check-'));
  const resultFile = path.join(folder, 'jest.json');
  try {
    const jest = ['--experimental-vm-modules', '--disable-warning=ExperimentalWarning'];
    const report = ['--json', `--outputFile=${resultFile}`];
    const ok = step('tests', [...jest, 'node_modules/jest/bin/jest.js', ...report, ...jestOptions()]);
    return { ok, counts: readCounts(resultFile) };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** `npm test -- packages/exotel` checks everything, and runs the tests of that folder alone. */
function jestOptions() {
  return process.argv.slice(2);
}

function readCounts(resultFile) {
  try {
    const result = JSON.parse(readFileSync(resultFile, 'utf8'));
    // A file that could not even be loaded has no tests to count, and has failed all the same.
    const failed = result.numFailedTests + result.numRuntimeErrorTestSuites;
    return { passed: result.numPassedTests, failed, skipped: result.numPendingTests + result.numTodoTests };
  } catch {
    return undefined;
  }
}

function countLine({ passed, failed, skipped }) {
  return `${passed} passed, ${failed} failed${skipped ? `, ${skipped} skipped` : ''}`;
}

const isSound =
  step('types', ['node_modules/typescript/bin/tsc', '-p', 'tsconfig.test.json']) &&
  step('lint', ['node_modules/eslint/bin/eslint.js', '.', '--max-warnings', '0']) &&
  step('format', ['node_modules/prettier/bin/prettier.cjs', '--check', '--log-level', 'warn', '.']);
if (!isSound) process.exit(1);

const { ok, counts } = runTests();
if (counts) console.log(`\n${countLine(counts)}`);
else console.error('\nThe tests ended without a result.');
process.exit(ok && counts && counts.failed === 0 && counts.passed > 0 ? 0 : 1);
