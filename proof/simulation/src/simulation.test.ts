import { describe, expect, test } from '@jest/globals';
import { planLongCall } from './plan/plan-long-call.ts';
import { SABOTAGES } from './sabotage.ts';
import { runSeeds } from './seeds.ts';
import { simulate, simulatePlan } from './simulate.ts';

const SEEDS = 100;
/** Some guards are needed only if several faults occur together. */
const NOTICED_WITHIN_SEEDS = 200;
/** On a machine that is busy with other work. */
const TIMEOUT_MS = 120_000;

test(
  'under any faults, no acknowledged event is lost or doubled, and no row is lowered',
  async () => {
    const { seeds, failed, tally } = await runSeeds({ firstSeed: 1, count: SEEDS });
    expect(failed).toEqual([]);
    expect(seeds).toBe(SEEDS);
    expect(tally.acknowledged).toBeGreaterThan(SEEDS * 10);
  },
  TIMEOUT_MS,
);

test('a seed always makes exactly the same run', async () => {
  const first = await simulate(15, { keepTrace: true });
  expect(first.trace.length).toBeGreaterThan(100);
  expect(await simulate(15, { keepTrace: true })).toEqual(first);
});

test(
  'a call of four hours is complete if Postgres is unavailable for two of them, and is not if keys expire before',
  async () => {
    const { violations, tally } = await simulatePlan(planLongCall(1));
    expect(violations).toEqual([]);
    expect(tally).toMatchObject({ lost: 0, leftOpen: 0, behind: 0 });
    const without = await simulatePlan(planLongCall(1), {
      sabotage: 'expiry-after-commit',
      stopAtViolation: true,
    });
    expect(without.violations).toContainEqual(expect.stringContaining('expire'));
  },
  TIMEOUT_MS,
);

describe('a removed guard is noticed', () => {
  test.each(SABOTAGES)(
    '%s',
    async (sabotage) => {
      const range = { firstSeed: 1, count: NOTICED_WITHIN_SEEDS, sabotage };
      const { failed } = await runSeeds(range, { stopAtFailure: true });
      expect(failed).not.toEqual([]);
    },
    TIMEOUT_MS,
  );
});
