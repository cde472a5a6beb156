import { type Servers } from './servers.ts';

/** The result of one side of a benchmark in one round. */
export interface Sample {
  /** In the benchmark's unit. */
  readonly value: number;
  /**
   * CPU time of the process under test per operation, if it is meaningful: it hardly depends on other load.
   */
  readonly cpuMicros?: number;
}

/** Two sides to measure alternately. */
export interface Contest {
  ours(): Promise<Sample>;
  yardstick(): Promise<Sample>;
  /** What a reader needs to know beside the two values. */
  remark?(): string;
  close(): Promise<void>;
}

/** What benchmarks share in one run. */
export interface Bench {
  readonly servers: Servers;
  /** A number of calls, frames or turns, scaled down for a trial. */
  readonly size: (count: number) => number;
}

/** A ratio with a goal. */
export interface Benchmark {
  readonly name: string;
  /** Ours ÷ yardstick, in words. */
  readonly compares: string;
  readonly unit: string;
  readonly betterIs: 'higher' | 'lower';
  /** What the ratio must reach, and what it should reach. Without a target it only shows a cost. */
  readonly target?: number;
  readonly aim?: number;
  readonly rounds: number;
  /** Warm-up rounds that do not count: in them, code is still being compiled. */
  readonly warmUpRounds: number;
  open(bench: Bench): Promise<Contest>;
}
