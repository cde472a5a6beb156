import { expect, test } from '@jest/globals';
import { CollectedReports } from './collected-reports.ts';
import { eventAt } from '../testing/index.ts';

const report = (fields: Record<string, number>, atS = 1) => eventAt('data.collected', { fields }, atS);

function valuesOf(reports: CollectedReports): Record<string, unknown> {
  return Object.fromEntries([...reports.newestFields()].map(([name, { value }]) => [name, value]));
}

test('the newest value of a field counts, whatever the order in which reports are pushed', () => {
  const reports = CollectedReports.of([report({ a: 2, b: 2 }, 2)]);
  expect(valuesOf(reports)).toEqual({ a: 2, b: 2 });
  expect(valuesOf(reports.push(report({ a: 1, c: 1 }, 1)))).toEqual({ a: 2, b: 2, c: 1 });
  expect(valuesOf(reports.push(report({ a: 3 }, 3)))).toEqual({ a: 3, b: 2 });
});

test('reports keep their fields when others are made of them and are read first', () => {
  const one = CollectedReports.of([]).push(report({ a: 1 }, 1));
  const left = one.push(report({ a: 2 }, 2));
  const right = one.push(report({ a: 3 }, 3));
  expect([left, right, one, right, left].map(valuesOf)).toEqual([2, 3, 1, 3, 2].map((a) => ({ a })));
  expect([one, left, right].map((reports) => reports.toArray().length)).toEqual([1, 2, 2]);
});
