import { type Sabotage } from './sabotage.ts';
import { simulate, type Verdict } from './simulate.ts';
import { addUp, type Tally } from './verdict/tally.ts';

/** Which seeds to run, and how. */
export interface SeedRange {
  readonly firstSeed: number;
  readonly count: number;
  /** From one seed to the next; 1 by default. */
  readonly step?: number;
  readonly sabotage?: Sabotage | undefined;
}

/** The result of a number of seeds. */
export interface Summary {
  readonly seeds: number;
  readonly tally: Tally;
  readonly failed: readonly Pick<Verdict, 'seed' | 'violations'>[];
}

/** Concurrent runs: while one waits for its turn of the event loop, the others continue. */
const RUNS_AT_ONCE = 16;

/** Runs seeds in this thread, and stops at the first failure if that is enough. */
export async function runSeeds(
  { firstSeed, count, step = 1, sabotage }: SeedRange,
  { stopAtFailure = false }: { readonly stopAtFailure?: boolean } = {},
): Promise<Summary> {
  const failed: Pick<Verdict, 'seed' | 'violations'>[] = [];
  const tallies: Tally[] = [];
  let begun = 0;
  const run = async (): Promise<void> => {
    while (begun < count && !(stopAtFailure && failed.length > 0)) {
      const seed = firstSeed + begun * step;
      begun += 1;
      const { violations, tally } = await simulate(seed, { sabotage });
      tallies.push(tally);
      if (violations.length > 0) failed.push({ seed, violations });
    }
  };
  await Promise.all(Array.from({ length: Math.min(RUNS_AT_ONCE, count) }, run));
  return combine([{ seeds: begun, tally: addUp(tallies), failed }]);
}

/** The summaries of several shares as one. */
export function combine(summaries: readonly Summary[]): Summary {
  return {
    seeds: summaries.reduce((total, { seeds }) => total + seeds, 0),
    tally: addUp(summaries.map(({ tally }) => tally)),
    failed: summaries.flatMap(({ failed }) => failed).sort((a, b) => a.seed - b.seed),
  };
}
