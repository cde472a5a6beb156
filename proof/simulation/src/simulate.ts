import { planRun, type Plan } from './plan/plan.ts';
import { type Sabotage } from './sabotage.ts';
import { Simulation } from './simulation.ts';
import { type Tally } from './verdict/tally.ts';

/** The result of one run. */
export interface Verdict {
  readonly seed: number;
  readonly violations: readonly string[];
  readonly tally: Tally;
  /** The trace, if requested. */
  readonly trace: readonly string[];
}

/** Options of a run. */
export interface SimulationOptions {
  /** A guard that is removed. */
  readonly sabotage?: Sabotage | undefined;
  readonly keepTrace?: boolean;
  /** Ends the run at the first violation. */
  readonly stopAtViolation?: boolean;
}

/** Runs a seed: faults occur for a while, then none, and when all is quiet the result is checked. */
export function simulate(seed: number, options: SimulationOptions = {}): Promise<Verdict> {
  return simulatePlan(planRun(seed), options);
}

/** Runs a plan in the same way. */
export async function simulatePlan(
  plan: Plan,
  { sabotage, keepTrace = false, stopAtViolation = false }: SimulationOptions = {},
): Promise<Verdict> {
  const run = new Simulation(plan, { sabotage, keepTrace, stopAtViolation });
  const tally = await run.play();
  return { seed: plan.seed, violations: run.violations.found, tally, trace: run.trace.lines };
}
