import { type AskedAgain, type PersistedCalls, type PersistedClaim } from '@turnlog/call-log';
import { type CallStore } from '@turnlog/call-store';
import { sleep } from '@turnlog/service-kit';

const PAGE = 200;
/** Between two pages: a few thousand calls a second, so that neither server notices. */
const PAUSE_MS = 25;

/** What a comparison works with. */
export interface ComparisonOptions {
  readonly calls: PersistedCalls;
  readonly store: Pick<CallStore, 'findMissing'>;
  /** Told of each call of which Postgres lacks something, and what is done about it. */
  readonly onMissing: (claim: PersistedClaim, asked: AskedAgain) => void;
}

/** What came of a comparison. */
export interface Comparison {
  readonly compared: number;
  readonly missing: number;
}

/**
 * Compares what Redis says is persisted with Postgres, which may have lost its last commits, and has everything that is
 * missing persisted again for as long as Redis has its log. Rejects when either server can't be asked.
 */
export async function comparePersisted(
  { calls, store, onMissing }: ComparisonOptions,
  signal: AbortSignal,
): Promise<Comparison> {
  let compared = 0;
  let missing = 0;
  for await (const claims of calls.claims(PAGE)) {
    if (signal.aborted) break;
    for (const claim of await store.findMissing(claims)) {
      const asked = await calls.askAgain(claim);
      // It was persisted anew, or erased, while we looked.
      if (asked === 'changed') continue;
      missing += 1;
      onMissing(claim, asked);
    }
    compared += claims.length;
    await sleep(PAUSE_MS, signal);
  }
  return { compared, missing };
}
