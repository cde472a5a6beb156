import { type AppendRequest, type AppendLimits } from './append-request.ts';
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

type Appends = readonly Asked<AppendRequest, AppendOutcome>[];

/** What a server allows. */
export interface ServerRights {
  /** Whether scripts may call INFO. Where they may not, the appender finds out with its first append. */
  readonly mayScriptsAsk?: boolean;
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
    pipeRuns(redis, script, planRuns(appends, run, refuse), [asked.barrier(run), ...barriers]);
  };
  return (appends: Appends, passed: Barrier | undefined): void => {
    const barriers = passed === undefined ? [] : [passed];
    const tellRun = (refused: Appends): void => {
      mayAsk = false;
      sendWithRun(refused, barriers).catch((error: unknown) => refuse(refused, error));
    };
    // A run of the script that may not ask for the run of the server has done nothing.
    const refuseRun = (refused: Appends, error: Error): void =>
      isInfoForbidden(error) ? tellRun(refused) : refuse(refused, error);
    if (mayAsk) pipeRuns(redis, script, planRuns(appends, '', refuseRun), barriers);
    else tellRun(appends);
  };
}

function refuse(asked: Appends, error: unknown): void {
  for (const { reject } of asked) reject(toError(error));
}
