import { type Bench, type Benchmark, type Sample } from './benchmark.ts';
import { reset } from './servers.ts';

/** Both sides, measured right after each other. */
export interface Round {
  readonly ours: Sample;
  readonly yardstick: Sample;
}

/** All rounds of one benchmark. */
export interface Measured {
  readonly benchmark: Benchmark;
  readonly rounds: readonly Round[];
  readonly remark: string | undefined;
}

/**
 * Measures ours, yardstick, ours, yardstick …, so that other load on the machine affects both. Rounds with
 * numbers below 1 are warm-up, and dropped.
 */
export async function runRounds(
  benchmark: Benchmark,
  bench: Bench,
  { rounds, onRound }: { rounds: number; onRound: (number: number, round: Round) => void },
): Promise<Measured> {
  await reset(bench.servers);
  const contest = await benchmark.open(bench);
  try {
    const measured: Round[] = [];
    for (let number = 1 - benchmark.warmUpRounds; number <= rounds; number += 1) {
      const round = { ours: await contest.ours(), yardstick: await contest.yardstick() };
      onRound(number, round);
      if (number > 0) measured.push(round);
    }
    return { benchmark, rounds: measured, remark: contest.remark?.() };
  } finally {
    await contest.close();
  }
}
