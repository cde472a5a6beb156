import { describe, expect, test } from '@jest/globals';
import { SABOTAGES } from './sabotage.ts';
import { runSeeds } from './seeds.ts';
import { simulate } from './simulate.ts';

/** Enough for each sabotage to show many times over. */
const SEEDS_TO_NOTICE = 300;

test('whatever goes wrong, no acknowledged event is lost, none is doubled, and no row is lowered', async () => {
  const { seeds, failed, tally } = await runSeeds({ firstSeed: 1, count: 300 });
  expect(failed).toEqual([]);
  expect(seeds).toBe(300);
  expect(tally.acknowledged).toBeGreaterThan(5_000);
});

test('a seed makes the same run every time, to the letter', async () => {
  const first = await simulate(15, { keepTrace: true });
  expect(first.trace.length).toBeGreaterThan(100);
  expect(await simulate(15, { keepTrace: true })).toEqual(first);
});

describe('it is noticed when a guard is taken away', () => {
  test.each(SABOTAGES)('%s', async (sabotage) => {
    const range = { firstSeed: 1, count: SEEDS_TO_NOTICE, sabotage };
    const { failed } = await runSeeds(range, { stopAtFailure: true });
    expect(failed).not.toEqual([]);
  });
});
