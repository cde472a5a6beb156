import { type Benchmark, type Sample } from '../benchmark.ts';
import { type Measured } from '../run-rounds.ts';
import { median } from '../statistics.ts';

export type Verdict = 'aim reached' | 'target met' | 'missed' | 'for information';

/** The result of a benchmark. */
export interface Summary {
  readonly name: string;
  readonly compares: string;
  readonly unit: string;
  readonly betterIs: Benchmark['betterIs'];
  /** Medians over the rounds. */
  readonly ours: Sample;
  readonly yardstick: Sample;
  /** Ours ÷ yardstick: the median of the rounds' ratios, the lowest and the highest. */
  readonly ratio: number;
  readonly ratioMin: number;
  readonly ratioMax: number;
  readonly target: number | undefined;
  readonly aim: number | undefined;
  readonly verdict: Verdict;
  readonly rounds: number;
  readonly remark: string | undefined;
}

export function summarise({ benchmark, rounds, remark }: Measured): Summary {
  const { name, compares, unit, betterIs, target, aim } = benchmark;
  const ratios = rounds.map(({ ours, yardstick }) => ours.value / yardstick.value);
  const ratio = median(ratios);
  return {
    name,
    compares,
    unit,
    betterIs,
    ours: middleOf(rounds.map(({ ours }) => ours)),
    yardstick: middleOf(rounds.map(({ yardstick }) => yardstick)),
    ratio,
    ratioMin: Math.min(...ratios),
    ratioMax: Math.max(...ratios),
    target,
    aim,
    verdict: verdictOn(ratio, benchmark),
    rounds: rounds.length,
    remark,
  };
}

function verdictOn(ratio: number, { betterIs, target, aim }: Benchmark): Verdict {
  const reaches = (goal: number): boolean => (betterIs === 'higher' ? ratio >= goal : ratio <= goal);
  if (target === undefined) return 'for information';
  if (!reaches(target)) return 'missed';
  return aim !== undefined && reaches(aim) ? 'aim reached' : 'target met';
}

function middleOf(samples: readonly Sample[]): Sample {
  const cpu = samples.flatMap(({ cpuMicros }) => (cpuMicros === undefined ? [] : [cpuMicros]));
  return {
    value: median(samples.map(({ value }) => value)),
    ...(cpu.length > 0 && { cpuMicros: median(cpu) }),
  };
}
