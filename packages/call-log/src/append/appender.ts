import { type CallKey, type KnownEvent } from '@turnlog/call-events';
import { type Redis } from 'ioredis';
import { type KeySpace } from '../keys.ts';
import { inTurns } from '../redis/in-turns.ts';
import { runTogether, type Asked } from '../redis/run-together.ts';
import { pipeRuns, toError, type Barrier } from '../redis/script-pipeline.ts';
import { trackServerRun } from '../redis/server-run.ts';
import { type AppendOutcome } from './append-result.ts';
import { createRunPlanner } from './append-runs.ts';
import { appendScript } from './append-script.ts';

/** An event on its way into the log. */
export interface NewEvent {
  readonly event: KnownEvent;
  /** Whether a later event of the same id is a repeat. Unordered sources need it; so do ids that an agent chose. */
  readonly rememberId: boolean;
}

/** Events of one call. They share one source, and are in its order. */
export interface AppendRequest {
  readonly call: CallKey;
  readonly events: readonly NewEvent[];
  /**
   * `ordered`: the source counts its events, a repeat is known by its place and a hole is answered with `gap`.
   * `unordered`: a repeat is known by the event's id.
   */
  readonly mode: 'ordered' | 'unordered';
  /** Append only when the call was not seen since then (Unix ms): for the sweep of lost calls. */
  readonly unseenSinceMs?: number;
}

type Appends = readonly Asked<AppendRequest, AppendOutcome>[];

/** Limits of one call's log. */
export interface AppendLimits {
  /** The most events that a call takes; ends are taken beyond it. */
  readonly maxEvents: number;
  /** What has to be passed before an append is acknowledged: see `findBarrier`. Asked for with every pipeline. */
  readonly barrier?: () => Barrier | undefined;
}

/** Appends to the logs of calls. */
export interface Appender {
  /** Rejects when Redis did not answer: the events may be in the log or not, and may be sent again. */
  append(request: AppendRequest): Promise<AppendOutcome>;
}

/**
 * An appender that takes what was asked for in one turn of the event loop together: one run of the script for the calls
 * of each partition, all runs in one pipeline. An append whose barrier was not passed rejects: it was written, and may be
 * sent again until it is safe.
 *
 * A barrier holds up its connection: what is sent behind it waits there, and is done long after its sender has given it
 * up. So with one there is one pipeline under way at a time, and what is asked for meanwhile travels together.
 */
export function createAppender(
  redis: Redis,
  space: KeySpace,
  { maxEvents, barrier }: AppendLimits,
): Appender {
  const planRuns = createRunPlanner(space, maxEvents);
  const serverRun = trackServerRun(redis);
  const send = (asked: Appends, passed: Barrier | undefined): void => {
    serverRun()
      .then((run) => pipeRuns(redis, appendScript, planRuns(asked, run), passed))
      .catch((error: unknown) => refuse(asked, error));
  };
  const sendInTurns = inTurns<AppendRequest, AppendOutcome>((asked) => send(asked, barrier?.()));
  const append = runTogether<AppendRequest, AppendOutcome>((asked) => {
    try {
      const passed = barrier?.();
      if (passed === undefined) send(asked, passed);
      else sendInTurns(asked);
    } catch (error) {
      refuse(asked, error);
    }
  });
  return { append };
}

function refuse(asked: Appends, error: unknown): void {
  for (const { reject } of asked) reject(toError(error));
}
