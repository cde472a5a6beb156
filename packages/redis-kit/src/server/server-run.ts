import { type Redis } from 'ioredis';
import { type Barrier } from '../scripts/script-pipeline.ts';

/** Enough of a run's 40 digits to tell the few runs apart that one call can see. */
export const RUN_ID_DIGITS = 12;

export const NO_RUN_ID = 'Redis does not say which run of the server this is (INFO server: run_id)';

/** What Redis answers a script that may not call INFO: a user without the right to it, or a service that forbids it. */
const NOT_IN_SCRIPTS = /can't run this command|no permissions to run the 'info'|not allowed from script/i;

/** Whether a script failed because it may not ask which run of the server it is on. */
export function isInfoForbidden(error: unknown): boolean {
  return error instanceof Error && NOT_IN_SCRIPTS.test(error.message);
}

/**
 * The run of the server for scripts that may not ask for it: it is asked for again behind each pipeline. What was appended
 * under another one counts as unanswered, and is sent again.
 */
export class AskedServerRun {
  readonly #redis: Redis;
  #known: string | undefined;

  constructor(redis: Redis) {
    this.#redis = redis;
  }

  /** The run as it was last heard of. */
  async current(): Promise<string> {
    return (this.#known ??= readRunId(await this.#redis.info('server')));
  }

  /** Passed where the server behind the pipeline still is in the run that the scripts were given. */
  barrier(given: string): Barrier {
    return {
      pipe: (pipeline) => pipeline.info('server'),
      problemOf: (reply) => {
        this.#known = readRunId(String(reply));
        return this.#known === given ? undefined : 'another server has answered meanwhile';
      },
    };
  }
}

function readRunId(info: string): string {
  const run = /^run_id:([0-9a-f]+)/m.exec(info)?.[1];
  if (run === undefined) throw new Error(NO_RUN_ID);
  return run.slice(0, RUN_ID_DIGITS);
}
