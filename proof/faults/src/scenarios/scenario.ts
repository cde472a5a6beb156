import { type LoadShape } from '../load/plan-calls.ts';
import { type PlannedCall } from '../ledger/planned-call.ts';
import { type Load } from '../load/start-load.ts';
import { type Expectations } from '../oracle/judge.ts';
import { type StackShape } from '../world/stack-shape.ts';
import { type World } from '../world/world.ts';

/** A row of the fault matrix that can be run. */
export interface Scenario {
  /** `F1`. */
  readonly id: string;
  /** `kill-session`, as in the file's name. */
  readonly name: string;
  /** The fault, for people. */
  readonly title: string;
  /** What must hold, besides that nothing is lost. */
  readonly pass: string;
  /** How Turnlog handles it, for the table of results. */
  readonly answer: string;
  /** What is lost; `nothing` for most. */
  readonly loss: string;
  /** Whether it belongs to the short selection. */
  readonly quick: boolean;
  /** Whether it measures memory or delays, or uses the whole machine, so that it must run alone. */
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
  /** Scales counts and durations: 1 for a whole run, less for a quick one. */
  readonly intensity: number;
  /** How many calls the scenario of many calls keeps in progress, if given. */
  readonly callsAtOnce: number | undefined;
  /** How long that scenario, and the one of a slow persister, lasts, if given. */
  readonly minutes: number | undefined;
}

/** What a scenario works with. */
export interface Context extends World {
  readonly size: RunSize;
  /** Starts the load of the run's size, or one of another shape. */
  readonly load: (shape?: Partial<LoadShape>, prefix?: string) => Load;
  /** Plays one call, and resolves when it is over and acknowledged. */
  readonly play: (call: PlannedCall) => Promise<void>;
  /** Adds a number or a word to the results. */
  readonly note: (name: string, value: number | string) => void;
  /** A promise: if it is broken, the scenario fails, and continues. */
  readonly expect: (holds: boolean, problem: string) => void;
  /** Measures the time from now until a new call is accepted, folded and recorded. */
  readonly recovered: () => Promise<number>;
  /** The same for readers alone: a call that is in the log already is folded and recorded. */
  readonly readersResumed: () => Promise<number>;
}
