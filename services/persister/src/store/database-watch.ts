import { CallStoreError, classifyDatabaseError, describeDatabaseError } from '@turnlog/call-store';
import { type Logger } from '@turnlog/service-kit';

/** How Postgres does, as far as the last word of it goes. */
export type DatabaseState = 'up' | 'unavailable' | 'misconfigured';

/** Postgres takes nothing at present, whatever it is handed. Nothing is wrong with any call. */
export class DatabaseTrouble extends Error {
  override readonly name = 'DatabaseTrouble';
  readonly state: Exclude<DatabaseState, 'up'>;

  constructor(state: Exclude<DatabaseState, 'up'>, cause: unknown) {
    super(`Postgres is ${state}: ${describeDatabaseError(cause)}`, { cause });
    this.state = state;
  }
}

/** Keeps the state of the database, and says once when it changes. */
export function createDatabaseWatch(logger: Logger, now: () => number) {
  let state: DatabaseState = 'up';
  let sinceMs = now();
  let failures = 0;

  const turn = (next: DatabaseState): number => {
    const lastedMs = now() - sinceMs;
    if (state === 'up' || next === 'up') sinceMs = now();
    state = next;
    return Math.round(lastedMs);
  };

  return {
    state: (): DatabaseState => state,

    /** How long it has been in trouble; zero while it is up. */
    pausedMs: (): number => (state === 'up' ? 0 : Math.round(now() - sinceMs)),

    /**
     * To be asked when a write begins, and told when it succeeds. Of writes at once, one that began before the trouble
     * and ends well after it does not mean that the trouble is over.
     */
    began: (): (() => void) => {
      const failuresBefore = failures;
      return () => {
        if (state === 'up' || failures > failuresBefore) return;
        logger.info({ paused_ms: turn('up') }, 'Postgres takes writes again, persisting goes on');
      };
    },

    /** Notes the trouble. True when it is news. */
    failed: (trouble: DatabaseTrouble): boolean => {
      failures += 1;
      if (state === trouble.state) return false;
      turn(trouble.state);
      tell(logger, trouble);
      return true;
    },
  };
}

/** The watch over one database. */
export type DatabaseWatch = ReturnType<typeof createDatabaseWatch>;

/** What an error of the database that no row is to blame for makes of its state. */
export function toDatabaseTrouble(error: unknown): DatabaseTrouble {
  const isSchemaBehind = error instanceof CallStoreError && error.code === 'schema_behind';
  const isMisconfigured = isSchemaBehind || classifyDatabaseError(error) === 'misconfigured';
  return new DatabaseTrouble(isMisconfigured ? 'misconfigured' : 'unavailable', error);
}

function tell(logger: Logger, { state, cause }: DatabaseTrouble): void {
  const error = describeDatabaseError(cause);
  if (state === 'unavailable') {
    logger.warn({ error }, 'Postgres is unavailable: persisting pauses, calls wait in Redis');
  } else {
    const todo = 'check DATABASE_URL and its role, and run "turnlog migrate"';
    logger.error(
      { error, page: true, todo },
      'Postgres needs a person: persisting pauses, calls wait in Redis',
    );
  }
}
