import { planRun, type Plan } from './plan/plan.ts';
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
  /** For who asks only whether something goes wrong: the run ends at the first thing that does. */
  readonly stopAtViolation?: boolean;
}

/** Lets a seed's run happen: for a while things go wrong, then nothing does, and when all is quiet it is judged. */
export function simulate(seed: number, options: SimulationOptions = {}): Promise<Verdict> {
  return simulatePlan(planRun(seed), options);
}

/** Lets what a plan says happen, in the same way. */
export async function simulatePlan(
  plan: Plan,
  { sabotage, keepTrace = false, stopAtViolation = false }: SimulationOptions = {},
): Promise<Verdict> {
  const run = new Simulation(plan, { sabotage, keepTrace, stopAtViolation });
  const tally = await run.play();
  return { seed: plan.seed, violations: run.violations.found, tally, trace: run.trace.lines };
}
