import { describeDatabaseError } from '@turnlog/call-store';
import { eraseFromSpools, type SpoolErasure } from '@turnlog/spool';
import { CommandError } from '../command-error.ts';
import { type CallPlaces } from './call-places.ts';
import { type FoundCall } from './find-person.ts';
import { appendToLedger } from './ledger-file.ts';
import { type ErasurePlan } from './plan-erasure.ts';

/**
 * For this time Redis refuses the events of an erased call that a gateway still has; after that, Postgres
 * does.
 */
const MARK_MS = 30 * 24 * 3_600_000;

/** How much was removed, by its kind. */
export interface ErasedAmounts {
  readonly rows: number;
  readonly segments: number;
  readonly keys: number;
  readonly entries: number;
  readonly letters: number;
  readonly placements: number;
}

/** The result of an erasure. */
export interface ErasureReport {
  readonly erased: readonly FoundCall[];
  readonly amounts: ErasedAmounts;
  /** May be another person's: not changed. */
  readonly ambiguous: readonly FoundCall[];
  readonly ambiguousPlacements: number;
  /** Under a legal hold: not changed. */
  readonly held: readonly FoundCall[];
  /** In progress: to erase when they are over. */
  readonly live: readonly FoundCall[];
  /** Locked by another transaction of Postgres for too long: to erase when that is over. */
  readonly busy: readonly FoundCall[];
  /** What was removed from spools; `null` if no folder of spools is known. */
  readonly spool: SpoolErasure | null;
}

const NOTHING: ErasedAmounts = { rows: 0, segments: 0, keys: 0, entries: 0, letters: 0, placements: 0 };

/** The result of a plan that is not executed. */
export function asPlanned({ calls, ambiguous, ambiguousPlacements, held, live }: ErasurePlan): ErasureReport {
  return {
    ...{ erased: calls, amounts: NOTHING, ambiguous, held, live, busy: [], spool: null },
    ambiguousPlacements: ambiguousPlacements.length,
  };
}

/** Whether anything that was found is still there. */
export function isAnythingLeft(report: ErasureReport): boolean {
  const { ambiguous, ambiguousPlacements, held, live, busy } = report;
  return [ambiguous, held, live, busy].some(({ length }) => length > 0) || ambiguousPlacements > 0;
}

/**
 * Executes a plan. The ledger first: an interrupted erasure is then continued by `--reapply`, or by the same
 * command. The spools last: Redis refuses a gateway that takes one over before.
 */
export async function carryOut(
  places: CallPlaces,
  plan: ErasurePlan,
  ledger: string | undefined,
): Promise<ErasureReport> {
  await writeLedger(places, plan, ledger);
  const placements = await places.store.privacy.erasePlacements(plan.placements);
  const work = { amounts: { ...NOTHING, placements }, erased: [], held: [], live: [], busy: [] };
  const done = await eraseAll(places, plan.calls, work);
  return {
    ...asPlanned(plan),
    ...done,
    held: [...plan.held, ...done.held],
    live: [...plan.live, ...done.live],
    spool: await eraseFromAllSpools(places.spoolDirs, done.erased),
  };
}

async function writeLedger(
  { store }: CallPlaces,
  { erasures }: ErasurePlan,
  ledger: string | undefined,
): Promise<void> {
  const nameOf = (erasure: { readonly subject: string; readonly tenant: string | null }) =>
    `${erasure.subject}/${erasure.tenant ?? ''}`;
  const known = new Set((await store.privacy.erasures()).map(nameOf));
  const news = erasures.filter((erasure) => !known.has(nameOf(erasure)));
  if (ledger !== undefined) await appendToLedger(ledger, news);
  await store.privacy.recordErasures(erasures);
}

interface Work {
  amounts: ErasedAmounts;
  readonly erased: FoundCall[];
  readonly held: FoundCall[];
  readonly live: FoundCall[];
  readonly busy: FoundCall[];
}

async function eraseAll(places: CallPlaces, calls: readonly FoundCall[], work: Work): Promise<Work> {
  for (const call of calls) {
    try {
      await eraseOne(places, call, work);
    } catch (error) {
      throw new CommandError(
        `${work.erased.length} of ${calls.length} call(s) were erased; then this happened: ${describeDatabaseError(error)}. Run the same command again to continue.`,
        { cause: error },
      );
    }
  }
  return work;
}

/**
 * Redis first: what a persister has read by then is refused by Postgres, which is marked second and waits for
 * writes of the call that started before.
 */
async function eraseOne({ store, eraser }: CallPlaces, call: FoundCall, work: Work): Promise<void> {
  if (await store.privacy.isHeld(call)) {
    work.held.push(call);
    return;
  }
  const inRedis = await eraser.erase(call, MARK_MS);
  if (inRedis.outcome === 'live') {
    work.live.push(call);
    return;
  }
  const { keys, entries, letters } = inRedis;
  work.amounts = sumOf(work.amounts, { keys, entries, letters });
  const inPostgres = await store.privacy.erase(call);
  work[inPostgres.outcome].push(call);
  if (inPostgres.outcome !== 'erased') return;
  const { rows, segments, placements } = inPostgres;
  work.amounts = sumOf(work.amounts, { rows, segments, placements });
}

function sumOf(amounts: ErasedAmounts, more: Partial<ErasedAmounts>): ErasedAmounts {
  return {
    rows: amounts.rows + (more.rows ?? 0),
    segments: amounts.segments + (more.segments ?? 0),
    keys: amounts.keys + (more.keys ?? 0),
    entries: amounts.entries + (more.entries ?? 0),
    letters: amounts.letters + (more.letters ?? 0),
    placements: amounts.placements + (more.placements ?? 0),
  };
}

async function eraseFromAllSpools(
  folders: readonly string[],
  calls: readonly FoundCall[],
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
