import { type CallKey } from '@turnlog/call-events';
import { type Redis } from 'ioredis';
import { type KeySpace } from '../keys.ts';
import {
  serialize,
  microBatch,
  type Asked,
  pipeRuns,
  toError,
  type Barrier,
  type Script,
  AskedServerRun,
  isInfoForbidden,
} from '@turnlog/redis-kit';
import { type AppendOutcome } from './append-result.ts';
import { createRunPlanner } from './append-runs.ts';
import { appendScript, appendWithoutMemoryScript } from './append-script.ts';
import { type NewEvent } from './new-event.ts';

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
  /**
   * Their sender was told already that they are stored, so they are taken beyond every limit: those that waited in a spool,
   * and those that Redis has lost.
   */
  readonly isAcknowledged?: boolean;
  /** Their tenant has as much in Redis as it may: only what opens or ends is taken. */
  readonly isTenantFull?: boolean;
}

type Appends = readonly Asked<AppendRequest, AppendOutcome>[];

/** Limits of one call's log. */
export interface AppendLimits {
  /** Appends also while Redis is out of memory: for ends, without which calls are not persisted and their memory is not freed. */
  readonly runsWithoutMemory?: boolean;
  /** The most events that a call takes; ends are taken beyond it. */
  readonly maxEvents: number;
  /** The most that a call's log takes, in bytes of UTF-8; ends are taken beyond it. 16 MiB by default. */
  readonly maxBytes?: number;
  /** What has to be passed before an append is acknowledged: see `findBarrier`. Asked for with every pipeline. */
  readonly barrier?: () => Barrier | undefined;
}

/** What a server allows. */
export interface ServerRights {
  /** Whether scripts may call INFO. Where they may not, the appender finds out with its first append. */
  readonly mayScriptsAsk?: boolean;
}

/** For what our own services find out about a call: it is little, and a full call needs it too. */
export const NO_LIMITS: AppendLimits = {
  maxEvents: Number.MAX_SAFE_INTEGER,
  maxBytes: Number.MAX_SAFE_INTEGER,
};

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
  limits: AppendLimits,
  { mayScriptsAsk = true }: ServerRights = {},
): Appender {
  const send = createSender(
    redis,
    limits.runsWithoutMemory === true ? appendWithoutMemoryScript : appendScript,
    createRunPlanner(space, limits),
    mayScriptsAsk,
  );
  const sendInTurns = serialize<AppendRequest, AppendOutcome>((asked) => send(asked, limits.barrier?.()));
  const append = microBatch<AppendRequest, AppendOutcome>((asked) => {
    try {
      const passed = limits.barrier?.();
      if (passed === undefined) send(asked, passed);
      else sendInTurns(asked);
    } catch (error) {
      refuse(asked, error);
    }
  });
  return { append };
}

/** Sends appends. The script asks the server which run it is in; from when it is found that it may not, it is told. */
function createSender(
  redis: Redis,
  script: Script,
  planRuns: ReturnType<typeof createRunPlanner>,
  mayScriptsAsk: boolean,
) {
  const asked = new AskedServerRun(redis);
  let mayAsk = mayScriptsAsk;

  const sendWithRun = async (appends: Appends, barriers: readonly Barrier[]): Promise<void> => {
    const run = await asked.current();
    pipeRuns(redis, script, planRuns(appends, run), [asked.barrier(run), ...barriers]);
  };
  return (appends: Appends, passed: Barrier | undefined): void => {
    const barriers = passed === undefined ? [] : [passed];
    const tellRun = (refused: Appends): void => {
      mayAsk = false;
      sendWithRun(refused, barriers).catch((error: unknown) => refuse(refused, error));
    };
    if (!mayAsk) tellRun(appends);
    else
      pipeRuns(
        redis,
        script,
        planRuns(
          appends.map((append) => orElse(append, tellRun)),
          '',
        ),
        barriers,
      );
  };
}

/** An append that is sent in another way where the script may not ask for the run of the server. Then nothing was done. */
function orElse(
  append: Asked<AppendRequest, AppendOutcome>,
  send: (appends: Appends) => void,
): Asked<AppendRequest, AppendOutcome> {
  const { request, resolve, reject } = append;
  return { request, resolve, reject: (error) => (isInfoForbidden(error) ? send([append]) : reject(error)) };
}

function refuse(asked: Appends, error: unknown): void {
  for (const { reject } of asked) reject(toError(error));
}
