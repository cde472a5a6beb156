import { expect, test } from '@jest/globals';
import { type Scenario } from '../scenarios/scenario.ts';
import { withResults } from './results-page.ts';
import { type Outcome } from './outcome.ts';

const occasion = { machine: 'a machine', date: '2026-01-25' };
const PAGE = `# Fault results

By hand, before.

<!-- results: npm run faults -- --write -->

Not yet measured.

<!-- end of results -->

By hand, after.
`;

const scenario = (id: string): Scenario => ({
  id,
  name: `scenario-${id.toLowerCase()}`,
  title: `Fault ${id} | and more`,
  pass: '',
  answer: 'It goes on.',
  loss: 'nothing',
  quick: false,
  run: () => Promise.resolve(),
});
const scenarios = ['F1', 'F2', 'F8b'].map(scenario);

const outcome = (id: string, changes: Partial<Outcome> = {}): Outcome => ({
  scenario: scenario(id),
  seed: 7,
  ok: true,
  violations: [],
  calls: 60,
  acknowledged: 2_400,
  unknown: 0,
  resent: 12,
  lost: 0,
  recoverySeconds: 1.26,
  readersSeconds: undefined,
  notes: {},
  seconds: 20,
  folder: '',
  ...changes,
});

test('the page has a row for every scenario, measured or not, and keeps its prose', () => {
  const page = withResults(PAGE, { scenarios, outcomes: [outcome('F1')], occasion });
  expect(page).toContain(
    '| F1 scenario-f1 | Fault F1 \\| and more | It goes on. | nothing | 2,400 | 12 | 0 | 1.3 s | seed 7, 2026-01-25 |',
  );
  expect(page).toContain(
    '| F2 scenario-f2 | Fault F2 \\| and more | It goes on. | nothing |  |  |  |  | not measured yet |',
  );
  expect(page).toContain('1 of 3 scenarios: 2,400 events acknowledged, 12 sent again, 0 lost.');
  expect(page).toContain('The longest recovery took 1.3 s. Measured on a machine.');
  expect([
    page.startsWith('# Fault results\n\nBy hand, before.'),
    page.endsWith('By hand, after.\n'),
  ]).toEqual([true, true]);
});

test('earlier results of other scenarios stay unchanged', () => {
  const first = withResults(PAGE, { scenarios, outcomes: [outcome('F1'), outcome('F8b')], occasion });
  const later = { ...occasion, date: '2026-02-01' };
  const second = withResults(first, { scenarios, outcomes: [outcome('F2', { seed: 9 })], occasion: later });
  const rowsOf = (page: string, id: string) => page.split('\n').filter((line) => line.startsWith(`| ${id} `));
  expect(rowsOf(second, 'F1')).toEqual(rowsOf(first, 'F1'));
  expect(rowsOf(second, 'F8b')).toEqual(rowsOf(first, 'F8b'));
  expect(rowsOf(second, 'F2')[0]).toContain('seed 9, 2026-02-01');
  expect(second).toContain('3 of 3 scenarios: 7,200 events acknowledged');
});

test('both times are shown if readers continue long before anything can be written', () => {
  const outcomes = [outcome('F1', { recoverySeconds: 11.6, readersSeconds: 1.2 })];
  const page = withResults(PAGE, { scenarios, outcomes, occasion });
  expect(page).toContain('| 0 | 11.6 s, readers 1.2 s | seed 7, 2026-01-25 |');
  const again = withResults(page, { scenarios, outcomes: [outcome('F2')], occasion });
  expect(again).toContain('| 0 | 11.6 s, readers 1.2 s | seed 7, 2026-01-25 |');
  expect(again).toContain('The longest recovery took 11.6 s.');
});

test('runs of one scenario are one row: the sums, the longest recovery, and the failures', () => {
  const outcomes = [outcome('F1'), outcome('F1', { seed: 8, ok: false, lost: 2, recoverySeconds: 4 })];
  const page = withResults(PAGE, { scenarios, outcomes, occasion });
  expect(page).toContain('| 4,800 | 24 | 2 | 4.0 s | **1 of 2 failed**, seed 7 8, 2026-01-25 |');
});

test('a page without markers is refused', () => {
  expect(() => withResults('# Fault results', { scenarios, outcomes: [], occasion })).toThrow('must hold');
});
