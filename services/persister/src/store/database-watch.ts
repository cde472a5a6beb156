import {
  CallStoreError,
  classifyDatabaseError,
  describeDatabaseError,
  type CallStore,
} from '@turnlog/call-store';
import { eventLog, monotonicMs, runLoop, type Lifecycle, type Logger } from '@turnlog/service-kit';

const EVENTS = {
  postgres_available: ['info', 'Postgres accepts writes again; persisting continues'],
  postgres_unavailable: ['warn', 'Postgres is unavailable; persisting is paused, calls wait in Redis'],
  postgres_misconfigured: [
    'error',
    'Postgres is misconfigured; persisting is paused until it is fixed, calls wait in Redis',
  ],
} as const;

const ADVICE = 'check DATABASE_URL and its role, and run "turnlog migrate"';
const PROBE_BACKOFF = { minMs: 500, maxMs: 10_000 };
/** A persister without calls to write notices within this time that Postgres is unavailable. */
const PROBE_EVERY_MS = 5_000;

/** The state of Postgres, as of the last attempt to use it. */
export type DatabaseState = 'up' | 'unavailable' | 'misconfigured';

/** Postgres accepts nothing at present, whatever it receives. Nothing is wrong with any call. */
export class DatabaseTrouble extends Error {
  override readonly name = 'DatabaseTrouble';
  readonly state: Exclude<DatabaseState, 'up'>;

  constructor(state: Exclude<DatabaseState, 'up'>, cause: unknown) {
    super(`Postgres is ${state}: ${describeDatabaseError(cause)}`, { cause });
    this.state = state;
  }
}

/** Keeps the state of the database, and logs once when it changes. */
export class DatabaseWatch {
  readonly #log;
  readonly #now: () => number;
  #state: DatabaseState = 'up';
  #sinceMs: number;
  #failures = 0;
  #running = 0;

  constructor(logger: Logger, now = monotonicMs) {
    this.#log = eventLog(logger, EVENTS);
    this.#now = now;
    this.#sinceMs = now();
  }

  get state(): DatabaseState {
    return this.#state;
  }

  /** How long it has been in trouble; zero while it is up. */
  get pausedMs(): number {
    return this.#state === 'up' ? 0 : Math.round(this.#now() - this.#sinceMs);
  }

  /**
   * To be called when a write begins; returns what to call when it succeeds. Of concurrent writes, one that began before
   * the trouble and ends well after it does not mean that the trouble is over.
   */
  began(): () => void {
    this.#running += 1;
    const failuresBefore = this.#failures;
    return () => {
      if (this.#state === 'up' || this.#failures > failuresBefore) return;
      const { pausedMs } = this;
      this.#turn('up');
      this.#log('postgres_available', { paused_ms: pausedMs });
    };
  }

  /** To be called when a write ends, whatever its result. */
  ended(): void {
    this.#running -= 1;
  }

  /** Whether a write is in progress. */
  get isWriting(): boolean {
    return this.#running > 0;
  }

  /** Notes the trouble. Returns true if it is new. */
  failed(trouble: DatabaseTrouble): boolean {
    this.#failures += 1;
    if (this.#state === trouble.state) return false;
    this.#turn(trouble.state);
    const error = describeDatabaseError(trouble.cause);
    if (trouble.state === 'unavailable') this.#log('postgres_unavailable', { error });
    else this.#log('postgres_misconfigured', { error, page: true, todo: ADVICE });
    return true;
  }

  #turn(next: DatabaseState): void {
    if (this.#state === 'up' || next === 'up') this.#sinceMs = this.#now();
    this.#state = next;
  }
}

/**
 * Checks from the start on whether Postgres is available and migrated, also while there is no call to write. A check that
 * passes ends only the trouble that a check found: a full Postgres answers, and refuses writes.
 */
export function probeDatabase(
  store: Pick<CallStore, 'assertMigrated'>,
  watch: DatabaseWatch,
  lifecycle: Lifecycle,
): void {
  let hasFoundTrouble = false;
  runLoop({
    name: 'database probe',
    lifecycle,
    everyMs: PROBE_EVERY_MS,
    task: async () => {
      // A write in progress shows the state by itself, and may need all connections.
      if (watch.isWriting) return;
      const succeeded = watch.began();
      await store.assertMigrated().finally(() => watch.ended());
      if (hasFoundTrouble) succeeded();
      hasFoundTrouble = false;
    },
    onError: (error) => {
      if (watch.failed(toDatabaseTrouble(error))) hasFoundTrouble = true;
    },
    retry: PROBE_BACKOFF,
    signal: lifecycle.signal,
  });
}

/** The trouble that an error of the database means which no row has caused. */
export function toDatabaseTrouble(error: unknown): DatabaseTrouble {
  const isSchemaBehind = error instanceof CallStoreError && error.code === 'schema_behind';
  const isMisconfigured = isSchemaBehind || classifyDatabaseError(error) === 'misconfigured';
  return new DatabaseTrouble(isMisconfigured ? 'misconfigured' : 'unavailable', error);
}
