import { type Redis } from 'ioredis';
import { type Barrier } from '../scripts/script-pipeline.ts';

/** Enough of a run's 40 digits to distinguish the few runs during one call. */
export const RUN_ID_DIGITS = 12;

export const NO_RUN_ID = 'Redis does not say which run of the server this is (INFO server: run_id)';

/** The error of a script that may not call INFO: the user lacks the right, or the provider forbids it. */
const NOT_IN_SCRIPTS = /can't run this command|no permissions to run the 'info'|not allowed from script/i;

/** Whether a script failed because it may not ask for the server run. */
export function isInfoForbidden(error: unknown): boolean {
  return error instanceof Error && NOT_IN_SCRIPTS.test(error.message);
}

/**
 * The server run, for scripts that may not ask for it: it is read again behind each pipeline. Writes under
 * another run count as unanswered, and are resent.
 */
export class AskedServerRun {
  readonly #redis: Redis;
  #known: string | undefined;

  constructor(redis: Redis) {
    this.#redis = redis;
  }

  /** The last known run. */
  async current(): Promise<string> {
    return (this.#known ??= readRunId(await this.#redis.info('server')));
  }

  /** Passes if the server behind the pipeline is still in the run that the scripts were given. */
  barrier(given: string): Barrier {
    return {
      pipe: (pipeline) => pipeline.info('server'),
      problemOf: (reply) => {
        this.#known = readRunId(String(reply));
        return this.#known === given ? undefined : 'another server answered in the meantime';
      },
    };
  }
}

function readRunId(info: string): string {
  const run = /^run_id:([0-9a-f]+)/m.exec(info)?.[1];
  if (run === undefined) throw new Error(NO_RUN_ID);
  return run.slice(0, RUN_ID_DIGITS);
}
