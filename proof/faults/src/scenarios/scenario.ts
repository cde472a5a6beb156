import { type LoadShape } from '../load/plan-calls.ts';
import { type PlannedCall } from '../ledger/planned-call.ts';
import { type Load } from '../load/start-load.ts';
import { type Expectations } from '../oracle/judge.ts';
import { type StackShape } from '../world/stack-shape.ts';
import { type World } from '../world/world.ts';

/** A row of the fault matrix, as something that can be run. */
export interface Scenario {
  /** `F1`. */
  readonly id: string;
  /** `kill-session`, as in the file's name. */
  readonly name: string;
  /** The fault, for people. */
  readonly title: string;
  /** What has to hold, besides that nothing is lost. */
  readonly pass: string;
  /** What Turnlog does about it: for the table of results. */
  readonly answer: string;
  /** What is lost; `nothing` for most. */
  readonly loss: string;
  /** Whether it belongs to the short selection. */
  readonly quick: boolean;
  /** Whether it measures memory or delays, or takes all there is, so that nothing else may run beside it. */
  readonly alone?: boolean;
  readonly stack?: StackShape | ((size: RunSize) => StackShape);
  readonly expectations?: Expectations;
  readonly run: (context: Context) => Promise<void>;
}

/** The sizes of a run. */
export interface RunSize {
  readonly calls: number;
  readonly eventsPerCall: number;
  readonly windowMs: number;
  /** Scales how often or how long something is done: 1 for a whole run, less for a quick one. */
  readonly intensity: number;
  /** How many calls the scenario of many calls keeps going, where that was asked for. */
  readonly callsAtOnce: number | undefined;
  /** How long that scenario, and the one of a slow persister, goes on, where that was asked for. */
  readonly minutes: number | undefined;
}

/** What a scenario works with. */
export interface Context extends World {
  readonly size: RunSize;
  /** Begins the load of the run's size, or one of another shape. */
  readonly load: (shape?: Partial<LoadShape>, prefix?: string) => Load;
  /** Plays one call, and resolves when it is over and acknowledged. */
  readonly play: (call: PlannedCall) => Promise<void>;
  /** Notes a number or a word for the results. */
  readonly note: (name: string, value: number | string) => void;
  /** Something that must hold: where it doesn't, the scenario has failed, and goes on. */
  readonly expect: (holds: boolean, problem: string) => void;
  /** Measures how long it takes from now until a new call is taken, folded and recorded. */
  readonly recovered: () => Promise<number>;
  /** The same for readers alone: a call that is in the log already is folded and recorded. */
  readonly readersResumed: () => Promise<number>;
}
