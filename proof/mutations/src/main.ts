import { rmSync } from 'node:fs';
import { realpath } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { type Guard } from './guard.ts';
import { allGuards } from './guards/all-guards.ts';
import { runTests, type TestResult } from './run-tests.ts';
import { copyTree, type TreeCopy } from './tree-copy.ts';

const USAGE = `npm run mutations -- [names…]

Removes the guards of the real code, one after the other, in a copy of the tree, and runs for each the test that must
fail: ${allGuards.map(({ name }) => name).join(', ')}.`;

const chosen = chooseGuards(process.argv.slice(2));
const root = await realpath(fileURLToPath(new URL('../../../', import.meta.url)));
const tree = await copyTree(root);
process.once('exit', () => rmSync(tree.root, { recursive: true, force: true }));
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(130));

const whole = await runTests(
  tree.root,
  chosen.map(({ test }) => test),
);
const failures = chosen.filter((guard, index) => !tellWhole(guard, whole[index] ?? 'absent'));
if (failures.length === 0) {
  for (const guard of chosen) if (!(await isNoticed(tree, guard))) failures.push(guard);
}
console.log(`\n${chosen.length - failures.length} passed, ${failures.length} failed`);
process.exitCode = failures.length === 0 ? 0 : 1;

/** With every guard in its place the tests must pass: otherwise a failure would prove nothing. */
function tellWhole({ name, test }: Guard, result: TestResult): boolean {
  if (result === 'passed') return true;
  console.log(`FAIL ${name}: with all guards in place, its test is ${result}: ${test.file}: ${test.name}`);
  return false;
}

async function isNoticed(copy: TreeCopy, guard: Guard): Promise<boolean> {
  const putBack = await copy.takeAway(guard);
  const startedAt = performance.now();
  const [result = 'absent'] = await runTests(copy.root, [guard.test]);
  await putBack();
  const seconds = ((performance.now() - startedAt) / 1000).toFixed(0);
  const verdict = result === 'failed' ? 'ok  ' : 'FAIL';
  const colour = { failed: 'red', passed: 'still green', absent: 'not run' }[result];
  console.log(`${verdict} ${guard.name.padEnd(36)} ${colour}: ${guard.test.name} (${seconds} s)`);
  return result === 'failed';
}

function chooseGuards(names: readonly string[]): readonly Guard[] {
  const unknown = names.filter((name) => !allGuards.some((guard) => guard.name === name));
  if (unknown.length === 0)
    return names.length === 0 ? allGuards : allGuards.filter(({ name }) => names.includes(name));
  console.error(`There is no guard ${unknown.map((name) => `"${name}"`).join(', ')}.\n\n${USAGE}`);
  return process.exit(1);
}
