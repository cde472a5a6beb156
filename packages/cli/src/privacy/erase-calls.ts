import { type CallKey } from '@turnlog/call-events';
import { eraseFromSpools, type SpoolErasure } from '@turnlog/spool';
import { type CallPlaces } from './find-person.ts';

/** So long, a gateway that still has something of an erased call is refused by Redis; after that, by Postgres. */
const MARK_MS = 30 * 24 * 3_600_000;

/** What became of calls that were to be erased. */
export interface ErasureReport {
  readonly erased: readonly CallKey[];
  /** Under a legal hold: not touched. */
  readonly held: readonly CallKey[];
  /** They go on: to be erased when they are over. */
  readonly live: readonly CallKey[];
  /** Kept locked by another transaction of Postgres for too long: to be erased when that is over. */
  readonly busy: readonly CallKey[];
  /** What was taken out of spools; `null` where no folder of spools is known. */
  readonly spool: SpoolErasure | null;
}

type CallOutcome = 'erased' | 'held' | 'live' | 'busy';

/**
 * Erases calls from Redis and Postgres, one after the other. Redis first: what a persister has in its hands meanwhile is
 * refused by Postgres, which is marked second and waits for writes of the call that had begun before. The spools last: a gateway
 * that takes one over before is refused, too.
 */
export async function eraseCalls(places: CallPlaces, calls: readonly CallKey[]): Promise<ErasureReport> {
  const outcomes: Record<CallOutcome, CallKey[]> = { erased: [], held: [], live: [], busy: [] };
  for (const call of calls) outcomes[await eraseOne(places, call)].push(call);
  return { ...outcomes, spool: await eraseFromAllSpools(places.spoolDirs, outcomes.erased) };
}

async function eraseFromAllSpools(
  folders: readonly string[],
  calls: readonly CallKey[],
): Promise<SpoolErasure | null> {
  if (folders.length === 0) return null;
  let [events, living] = [0, 0];
  for (const folder of folders) {
    const erasure = await eraseFromSpools(folder, calls);
    events += erasure.events;
    living += erasure.living;
  }
  return { events, living };
}

async function eraseOne({ store, eraser }: CallPlaces, call: CallKey): Promise<CallOutcome> {
  if (await store.privacy.isHeld(call)) return 'held';
  const { outcome } = await eraser.erase(call, MARK_MS);
  if (outcome === 'live') return 'live';
  return (await store.privacy.erase(call)).outcome;
}

/** Calls without those that come a second time. */
export function distinct(calls: readonly CallKey[]): CallKey[] {
  const byName = new Map(calls.map(({ tenant, callSid }) => [`${tenant}/${callSid}`, { tenant, callSid }]));
  return [...byName.values()];
}
