import { type PersistedCalls, type PersistedClaim, type AskedAgain } from '@turnlog/call-log';
import { type CallStore } from '@turnlog/call-store';
import { describeError, sleep, type Logger, type Metrics } from '@turnlog/service-kit';
import { comparePersisted } from './compare-persisted.ts';

const LOOK_EVERY_MS = 3_000;
/** Connections that break all the time are no reason to compare all the time. */
const MIN_GAP_MS = 10_000;
/** The most calls that one comparison names in the log; all are counted. */
const MAX_NAMED = 20;

/** What the comparisons take. */
export interface ComparisonLoopOptions {
  readonly calls: PersistedCalls;
  readonly store: Pick<CallStore, 'findMissing' | 'serverRun'>;
  readonly logger: Logger;
  readonly metrics: Metrics;
  /** How often Redis and Postgres are compared without a reason. */
  readonly everyMs: number;
  readonly doubt: Doubt;
  readonly now: () => number;
  readonly lookEveryMs?: number;
  readonly minGapMs?: number;
}

/** Whether Postgres may have lost commits: raised by what may mean so, and at the start. */
export class Doubt {
  #isRaised = true;

  get isRaised(): boolean {
    return this.#isRaised;
  }

  /** For example when a connection broke: what comes next may be another server. */
  raise(): void {
    this.#isRaised = true;
  }

  settle(): void {
    this.#isRaised = false;
  }
}

/**
 * Compares at the start, after Postgres was started anew (a failover, a restore and a restart all are), after a connection
 * broke, and every few minutes; until stopped.
 */
export async function keepComparing(options: ComparisonLoopOptions, signal: AbortSignal): Promise<void> {
  const { store, logger, everyMs, doubt, now, lookEveryMs = LOOK_EVERY_MS, minGapMs = MIN_GAP_MS } = options;
  const compare = createComparison(options, signal);
  let lastRun: string | undefined;
  let comparedAtMs = -Infinity;
  let isFailing = false;

  const look = async (): Promise<void> => {
    const run = await store.serverRun();
    if (run !== lastRun) doubt.raise();
    lastRun = run;
    const sinceMs = now() - comparedAtMs;
    if (sinceMs < (doubt.isRaised ? Math.min(minGapMs, everyMs) : everyMs)) return;
    doubt.settle();
    comparedAtMs = now();
    try {
      await compare();
    } catch (error) {
      doubt.raise();
      throw error;
    }
  };

  while (!signal.aborted) {
    try {
      await look();
      isFailing = false;
    } catch (error) {
      // Either server is away, which is told elsewhere.
      if (!isFailing) logger.debug({ error: describeError(error).message }, 'Not compared with Postgres');
      isFailing = true;
    }
    await sleep(lookEveryMs, signal);
  }
}

function createComparison({ calls, store, logger, metrics }: ComparisonLoopOptions, signal: AbortSignal) {
  const compared = metrics.counter({
    name: 'persist_compared_calls_total',
    help: 'Persisted calls that were compared with Postgres',
  });
  const missed = metrics.counter({
    name: 'persist_missing_calls_total',
    help: 'Persisted calls of which Postgres lacks something: asked for again, without a log any more, or given up',
    labels: ['result'],
  });

  return async (): Promise<void> => {
    let named = 0;
    const onMissing = ({ call, persistedSeq }: PersistedClaim, result: AskedAgain): void => {
      missed.inc({ result });
      named += 1;
      if (named > MAX_NAMED) return;
      const fields = { call_sid: call.callSid, tenant: call.tenant, persisted_seq: persistedSeq, result };
      logger.error(fields, 'Postgres lacks a call that was persisted');
    };
    const result = await comparePersisted({ calls, store, onMissing }, signal);
    compared.inc(result.compared);
    const fields = { compared_calls: result.compared, missing_calls: result.missing };
    if (result.missing === 0) logger.debug(fields, 'Postgres has all calls that were persisted');
    else logger.error(fields, 'Postgres has lost commits: what Redis has of them is persisted again');
  };
}
