import { type Servers } from './servers.ts';

/** What one side of a benchmark came to in one round. */
export interface Sample {
  /** In the benchmark's unit. */
  readonly value: number;
  /** CPU time of the process under test per operation, where it says something: it hardly depends on who else is busy. */
  readonly cpuMicros?: number;
}

/** Two sides to be measured in turn. */
export interface Contest {
  ours(): Promise<Sample>;
  yardstick(): Promise<Sample>;
  /** What a reader of the result should know beside the two values. */
  remark?(): string;
  close(): Promise<void>;
}

/** What benchmarks share in one run. */
export interface Bench {
  readonly servers: Servers;
  /** A number of calls, frames or turns, made smaller for a trial. */
  readonly size: (count: number) => number;
}

/** A ratio that is to be kept. */
export interface Benchmark {
  readonly name: string;
  /** Ours ÷ yardstick, in words. */
  readonly compares: string;
  readonly unit: string;
  readonly betterIs: 'higher' | 'lower';
  /** What the ratio must reach, and what it is meant to. Without a target it says what something costs. */
  readonly target?: number;
  readonly aim?: number;
  readonly rounds: number;
  /** Rounds at first that don't count: until then, code is still being compiled. */
  readonly warmUpRounds: number;
  open(bench: Bench): Promise<Contest>;
}
