import { type AskedAgain, type PersistedCalls, type PersistedClaim } from '@turnlog/call-log';
import { type CallStore } from '@turnlog/call-store';
import {
  describeError,
  eventLog,
  monotonicMs,
  runLoop,
  sleep,
  type EventLog,
  type Lifecycle,
  type Logger,
  type Metrics,
} from '@turnlog/service-kit';

const EVENTS = {
  comparison_failed: ['debug', 'the comparison with Postgres failed'],
  comparison_clean: ['debug', 'Postgres has all calls that were persisted'],
  persisted_call_missing: ['error', 'Postgres lacks a call that was persisted'],
  postgres_lost_commits: ['error', 'Postgres has lost commits; what Redis still has is persisted again'],
} as const;

const COUNTERS = {
  compared: ['persist_compared_calls_total', 'Persisted calls that were compared with Postgres'],
  missed: [
    'persist_missing_calls_total',
    'Persisted calls of which Postgres lacks something: asked for again, without a log any more, or given up',
    'result',
  ],
} as const;

const LOOK_EVERY_MS = 3_000;
/** The least time between two comparisons, however often connections break. */
const MIN_GAP_MS = 10_000;
/** The most calls that one comparison names in the log; all are counted. */
const MAX_NAMED = 20;
const PAGE = 200;
/** The pause between two pages: a few thousand calls a second are a small load for either server. */
const PAUSE_MS = 25;

interface ComparisonOptions {
  readonly calls: PersistedCalls;
  readonly store: Pick<CallStore, 'findMissing' | 'serverRun'>;
  readonly logger: Logger;
  readonly metrics: Metrics;
  readonly lifecycle: Lifecycle;
  /** How often Redis and Postgres are compared without a reason. */
  readonly everyMs: number;
  readonly doubt: Doubt;
  readonly lookEveryMs?: number;
  readonly minGapMs?: number;
}

/** Whether Postgres may have lost commits. Raised at the start, and by each event that may mean a loss. */
export class Doubt {
  #isRaised = true;

  get isRaised(): boolean {
    return this.#isRaised;
  }

  /** For example when a connection broke: the next one may lead to another server. */
  raise(): void {
    this.#isRaised = true;
  }

  settle(): void {
    this.#isRaised = false;
  }
}

/**
 * Compares what Redis marks as persisted with Postgres: at the start, after Postgres was started anew (a failover, a
 * restore and a restart all are), after a connection broke, and every few minutes.
 */
export function keepComparing(options: ComparisonOptions): void {
  const { store, logger, lifecycle, everyMs, doubt, minGapMs = MIN_GAP_MS } = options;
  const log = eventLog(logger, EVENTS);
  const compare = comparisonOf(options, log);
  let lastRun: string | undefined;
  let comparedAtMs = -Infinity;

  const look = async (): Promise<void> => {
    const run = await store.serverRun();
    if (run !== lastRun) doubt.raise();
    lastRun = run;
    const sinceMs = monotonicMs() - comparedAtMs;
    if (sinceMs < (doubt.isRaised ? Math.min(minGapMs, everyMs) : everyMs)) return;
    doubt.settle();
    comparedAtMs = monotonicMs();
    try {
      await compare();
    } catch (error) {
      doubt.raise();
      throw error;
    }
  };

  runLoop({
    name: 'comparison',
    lifecycle,
    everyMs: options.lookEveryMs ?? LOOK_EVERY_MS,
    task: look,
    // Either server is unavailable, which is logged elsewhere.
    onError: (error, failures) => {
      if (failures === 1) log('comparison_failed', { error: describeError(error).message });
    },
    signal: lifecycle.signal,
  });
}

/** A comparison that counts and logs what Postgres lacks. */
function comparisonOf(
  { calls, store, metrics, lifecycle }: ComparisonOptions,
  log: EventLog<typeof EVENTS>,
): () => Promise<void> {
  const { compared, missed } = metrics.counters(COUNTERS);
  return async () => {
    let missing = 0;
    const onMissing = ({ call, persistedSeq }: PersistedClaim, result: AskedAgain): void => {
      missed.inc({ result });
      missing += 1;
      if (missing > MAX_NAMED) return;
      const { callSid: call_sid, tenant } = call;
      log('persisted_call_missing', { call_sid, tenant, persisted_seq: persistedSeq, result });
    };
    const count = await comparePersisted(calls, store, { onMissing, signal: lifecycle.signal });
    compared.inc(count);
    log(missing === 0 ? 'comparison_clean' : 'postgres_lost_commits', {
      compared_calls: count,
      missing_calls: missing,
    });
  };
}

/**
 * Compares all claims of Redis with Postgres, and requests that what is missing is persisted again for as long as Redis
 * has its log. Resolves to the number of claims; rejects when either server is unavailable.
 */
async function comparePersisted(
  calls: PersistedCalls,
  store: Pick<CallStore, 'findMissing'>,
  options: {
    readonly signal: AbortSignal;
    /** Called with each call of which Postgres lacks something, and with the action taken. */
    readonly onMissing: (claim: PersistedClaim, asked: AskedAgain) => void;
  },
): Promise<number> {
  let compared = 0;
  for await (const claims of calls.claims(PAGE)) {
    if (options.signal.aborted) break;
    for (const claim of await store.findMissing(claims)) {
      const asked = await calls.askAgain(claim);
      // Otherwise it was persisted anew, or erased, meanwhile.
      if (asked !== 'changed') options.onMissing(claim, asked);
    }
    compared += claims.length;
    await sleep(PAUSE_MS, options.signal);
  }
  return compared;
}
