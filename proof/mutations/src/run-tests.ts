import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile, rm } from 'node:fs/promises';
import path from 'node:path';
import { type NamedTest } from './guard.ts';

/** The result of a test. `absent`: there is no test of this name, or its file could not be loaded. */
export type TestResult = 'passed' | 'failed' | 'absent';

/** Runs these tests, and no others, in a tree; resolves to their results, in the same order. */
export async function runTests(root: string, tests: readonly NamedTest[]): Promise<TestResult[]> {
  const report = path.join(root, 'mutations-report.json');
  await rm(report, { force: true });
  const files = [...new Set(tests.map(({ file }) => file))];
  const names = tests.map(({ name }) => escape(name)).join('|');
  const node = ['--experimental-vm-modules', '--disable-warning=ExperimentalWarning'];
  // A failed test may leave processes running; its tree is deleted.
  const jest = [
    'node_modules/jest/bin/jest.js',
    '--forceExit',
    '--silent',
    '--json',
    `--outputFile=${report}`,
  ];
  const choice = ['--testNamePattern', `^(${names})$`, '--runTestsByPath', ...files];
  const child = spawn(process.execPath, [...node, ...jest, ...choice], { cwd: root, stdio: 'ignore' });
  const stop = (): boolean => child.kill();
  process.once('exit', stop);
  await once(child, 'exit');
  process.off('exit', stop);
  // A run that failed to start leaves no report.
  const results = readReport(await readFile(report, 'utf8').catch(() => '{"testResults":[]}'));
  return tests.map(({ file, name }) => results.get(`${file}: ${name}`) ?? 'absent');

  function readReport(text: string): Map<string, TestResult> {
    const { testResults } = JSON.parse(text) as JestReport;
    const found = testResults.flatMap(({ name: file, assertionResults }) =>
      assertionResults.map(({ fullName, status }) => {
        const result = status === 'passed' || status === 'failed' ? status : 'absent';
        return [`${path.relative(root, file)}: ${fullName}`, result] as const;
      }),
    );
    return new Map(found);
  }
}

interface JestReport {
  readonly testResults: readonly {
    readonly name: string;
    readonly assertionResults: readonly { readonly fullName: string; readonly status: string }[];
  }[];
}

function escape(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
}
