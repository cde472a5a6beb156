import { describeDatabaseError, type Erasure } from '@turnlog/call-store';
import { eraseFromSpools, type SpoolErasure } from '@turnlog/spool';
import { CommandError } from '../command-error.ts';
import type { CallPlaces } from './call-places.ts';
import type { FoundCall } from './find-person.ts';
import { appendToLedger, type LedgerCopy } from './ledger-file.ts';
import type { ErasurePlan } from './plan-erasure.ts';

/** For this time Redis refuses the events of an erased call that a gateway still has; then Postgres does. */
const MARK_MS = 30 * 24 * 3_600_000;

const NOTHING = { rows: 0, segments: 0, keys: 0, entries: 0, letters: 0, placements: 0 };

/** How much was removed, by its kind. */
export type ErasedAmounts = typeof NOTHING;

/** The result of an erasure: calls that were erased, and those that were found and not changed. */
export interface ErasureReport extends Work {
  /** May be another person's. */
  readonly ambiguous: readonly FoundCall[];
  readonly ambiguousPlacements: number;
  /** What was removed from spools; `null` if no folder of spools is known. */
  readonly spool: SpoolErasure | null;
}

/** The progress of an erasure. */
interface Work {
  readonly amounts: ErasedAmounts;
  readonly erased: FoundCall[];
  /** Under a legal hold. */
  readonly held: FoundCall[];
  /** In progress: to erase when they are over. */
  readonly live: FoundCall[];
  /** Locked by another transaction of Postgres for too long: to erase when that is over. */
  readonly busy: FoundCall[];
}

/** The result of a plan that is not executed. */
export function asPlanned({ calls, ambiguous, ambiguousPlacements, held, live }: ErasurePlan): ErasureReport {
  return {
    ...{ erased: [...calls], held: [...held], live: [...live], busy: [], amounts: NOTHING },
    ...{ ambiguous, ambiguousPlacements: ambiguousPlacements.length, spool: null },
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
  ledger: LedgerCopy | undefined,
): Promise<ErasureReport> {
  await writeLedger(places, plan, ledger);
  const placements = await places.store.privacy.erasePlacements(plan.placements);
  const report = { ...asPlanned(plan), erased: [], amounts: { ...NOTHING, placements } };
  await eraseAll(places, plan.calls, report);
  return { ...report, spool: await eraseFromAllSpools(places.spoolDirs, report.erased) };
}

async function writeLedger(
  { store }: CallPlaces,
  { erasures }: ErasurePlan,
  ledger: LedgerCopy | undefined,
): Promise<void> {
  const nameOf = ({ subject, tenant }: Pick<Erasure, 'subject' | 'tenant'>) => `${subject}/${tenant ?? ''}`;
  const known = new Set((await store.privacy.erasures()).map(nameOf));
  const news = erasures.filter((erasure) => !known.has(nameOf(erasure)));
  if (ledger !== undefined) await appendToLedger(ledger, news);
  await store.privacy.recordErasures(erasures);
}

async function eraseAll(places: CallPlaces, calls: readonly FoundCall[], work: Work): Promise<void> {
  try {
    for (const call of calls) await eraseOne(places, call, work);
  } catch (error) {
    throw new CommandError(
      `${work.erased.length} of ${calls.length} call(s) were erased; then this happened: ${describeDatabaseError(error)}. Run the same command again to continue.`,
      { cause: error },
    );
  }
}

/**
 * Redis first: what a persister has read by then is refused by Postgres, which is marked second and waits for
 * writes of the call that started before.
 */
async function eraseOne({ store, eraser }: CallPlaces, call: FoundCall, work: Work): Promise<void> {
  if (await store.privacy.isHeld(call)) return void work.held.push(call);
  const inRedis = await eraser.erase(call, MARK_MS);
  if (inRedis.outcome === 'live') return void work.live.push(call);
  const { keys, entries, letters } = inRedis;
  add(work.amounts, { keys, entries, letters });
  const inPostgres = await store.privacy.erase(call);
  work[inPostgres.outcome].push(call);
  if (inPostgres.outcome !== 'erased') return;
  const { rows, segments, placements } = inPostgres;
  add(work.amounts, { rows, segments, placements });
}

function add(amounts: ErasedAmounts, more: Partial<ErasedAmounts>): void {
  for (const kind of Object.keys(NOTHING) as (keyof ErasedAmounts)[]) amounts[kind] += more[kind] ?? 0;
}

async function eraseFromAllSpools(
  folders: readonly string[],
  calls: readonly FoundCall[],
): Promise<SpoolErasure | null> {
  if (folders.length === 0) return null;
  const total = { events: 0, living: 0 };
  for (const folder of folders) {
    const { events, living } = await eraseFromSpools(folder, calls);
    total.events += events;
    total.living += living;
  }
  return total;
}
