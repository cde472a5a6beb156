import { planRun } from './plan/plan.ts';
import { type Sabotage } from './sabotage.ts';
import { Simulation } from './simulation.ts';
import { type Tally } from './verdict/tally.ts';

/** What came of one run. */
export interface Verdict {
  readonly seed: number;
  readonly violations: readonly string[];
  readonly tally: Tally;
  /** What happened, where it was asked for. */
  readonly trace: readonly string[];
}

/** How a run is done. */
export interface SimulationOptions {
  /** A guard that is taken away. */
  readonly sabotage?: Sabotage | undefined;
  readonly keepTrace?: boolean;
}

/** Lets a seed's run happen: for a while things go wrong, then nothing does, and when all is quiet it is judged. */
export async function simulate(
  seed: number,
  { sabotage, keepTrace = false }: SimulationOptions = {},
): Promise<Verdict> {
  const run = new Simulation(planRun(seed), { sabotage, keepTrace });
  const tally = await run.play();
  return { seed, violations: run.violations.found, tally, trace: run.trace.lines };
}
