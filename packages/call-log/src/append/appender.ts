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

/** Appends to the logs of calls. */
export interface Appender {
  /** Rejects if Redis did not answer: the events may be in the log or not, and may be resent. */
  append(request: AppendRequest): Promise<AppendOutcome>;
}

/**
 * An appender that makes a micro-batch of the appends of one turn of the event loop: one run of the script
 * per partition, all in one pipeline. An append whose barrier did not pass rejects: it was written, and may
 * be resent until it is durable.
 *
 * A barrier blocks its connection: commands behind it wait, and run long after their sender has timed out. So
 * with a barrier only one pipeline is in flight at a time, and later appends form the next micro-batch.
 */
export function createAppender(
  redis: Redis,
  space: KeySpace,
  limits: AppendLimits,
  /** If false, the appender asks for the server run itself; otherwise it notices with its first append. */
  mayScriptsAsk = true,
): Appender {
  const script = limits.runsWithoutMemory === true ? appendWithoutMemoryScript : appendScript;
  const send = createSender(redis, script, createRunPlanner(space, limits), mayScriptsAsk);
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

/** Sends appends. Once the script may not call INFO to ask for the server run, the appender passes the run. */
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
    // A run of the script that may not ask for the server run has done nothing.
    const refuseRun = (refused: Appends, error: Error): void =>
      isInfoForbidden(error) ? tellRun(refused) : refuse(refused, error);
    if (mayAsk) pipeRuns(redis, script, planRuns(appends, '', refuseRun), barriers);
    else tellRun(appends);
  };
}

function refuse(asked: Appends, error: unknown): void {
  for (const { reject } of asked) reject(toError(error));
}
