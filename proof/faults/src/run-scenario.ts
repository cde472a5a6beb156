import { mkdtemp, rm, chmod } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { withDeadline } from '@turnlog/service-kit';
import { playCalls, startLoad } from './load/start-load.ts';
import { judge } from './oracle/judge.ts';
import { measureReaders } from './oracle/measure-readers.ts';
import { measureRecovery } from './oracle/measure-recovery.ts';
import { type Violation } from './oracle/violation.ts';
import { createRng } from '@turnlog/test-kit';
import { type Outcome } from './report/outcome.ts';
import { type Context, type RunSize, type Scenario } from './scenarios/scenario.ts';
import { usualMemoryBytes, type StackShape } from './world/stack-shape.ts';
import { createWorld, type World } from './world/world.ts';

/**
 * How long a scenario may take, in addition to its own minutes: after that, its conditions will not come
 * true.
 */
const TIMEOUT_MINUTES = 10;

export interface RunOptions {
  readonly seed: number;
  readonly size: RunSize;
  /** Whether the folder of a successful run is kept too. */
  readonly keep: boolean;
}

/** Runs one scenario in a world of its own, and checks the result. The folder of a failed run is kept. */
export async function runScenario(scenario: Scenario, options: RunOptions): Promise<Outcome> {
  const startedAt = performance.now();
  const folder = await mkdtemp(path.join(os.tmpdir(), `turnlog-faults-${scenario.id}-`));
  // Under root, Postgres runs as another user, who needs access.
  await chmod(folder, 0o711);
  const notes: Record<string, number | string> = {};
  const recoveries: number[] = [];
  const resumptions: number[] = [];
  const violations: Violation[] = [];
  let world: World | undefined;
  try {
    world = await createWorld(folder, shapeOf(scenario, options.size), createRng(options.seed));
    const minutes = TIMEOUT_MINUTES + (options.size.minutes ?? 0);
    const context = createContext(world, options.size, { notes, recoveries, resumptions, violations });
    const { timedOut } = await withDeadline(scenario.run(context), minutes * 60_000);
    if (timedOut) throw new Error(`it was not over after ${minutes} minutes`);
    violations.push(...(await judge(world, scenario.expectations)));
  } catch (error) {
    violations.push({
      problem: `it threw: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`,
    });
  }
  const played = world?.ledger;
  const outcome: Outcome = {
    scenario,
    seed: options.seed,
    ok: violations.length === 0,
    violations,
    calls: played?.calls().length ?? 0,
    acknowledged: played?.count('acknowledged') ?? 0,
    unknown: played?.count('unknown') ?? 0,
    resent: played?.resent ?? 0,
    lost: violations.filter(({ isLoss }) => isLoss === true).length,
    recoverySeconds: longest(recoveries),
    readersSeconds: longest(resumptions),
    notes,
    seconds: (performance.now() - startedAt) / 1000,
    folder,
  };
  await world?.close();
  if (outcome.ok && !options.keep) await rm(folder, { recursive: true, force: true });
  return outcome;
}

function shapeOf({ stack = {} }: Scenario, size: RunSize): StackShape {
  const shape = typeof stack === 'function' ? stack(size) : stack;
  return { ...shape, redis: { maxMemoryBytes: usualMemoryBytes(size), ...shape.redis } };
}

interface Findings {
  readonly notes: Record<string, number | string>;
  readonly recoveries: number[];
  readonly resumptions: number[];
  readonly violations: Violation[];
}

function createContext(world: World, size: RunSize, findings: Findings): Context {
  const { notes, recoveries, resumptions, violations } = findings;
  return {
    ...world,
    size,
    load: (shape, prefix) => startLoad(world, { ...size, ...shape }, prefix),
    play: (call) => playCalls(world, [call]).finished,
    note: (name, value) => {
      notes[name] = value;
    },
    expect: (holds, problem) => {
      if (!holds) violations.push({ problem });
    },
    recovered: async () => {
      const seconds = await measureRecovery(world, `CAprobe-${recoveries.length + 1}`);
      recoveries.push(seconds);
      return seconds;
    },
    readersResumed: async () => {
      const seconds = await measureReaders(world, `CAread-${resumptions.length + 1}`);
      resumptions.push(seconds);
      return seconds;
    },
  };
}

function longest(seconds: readonly number[]): number | undefined {
  return seconds.length === 0 ? undefined : Math.max(...seconds);
}
