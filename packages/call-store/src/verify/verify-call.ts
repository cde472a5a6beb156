import { type CallKey } from '@turnlog/call-events';
import { type Kysely } from 'kysely';
import { foldArchive, type FoldedArchive } from '../archive/fold-archive.ts';
import { readArchivedEvents } from '../archive/read-archive.ts';
import { findArchiveGaps } from '../archive/find-archive-gaps.ts';
import { readCall } from '../read/read-call.ts';
import { type CallStoreSchema } from '../schema/call-store-schema.ts';
import { compareCall, isOfOtherFold, type CallDifference } from './compare-call.ts';

/** Whether a call's row agrees with its archive. */
export type VerifyResult =
  | { readonly ok: true }
  /** There is nothing to compare it with: retention deleted the archive. */
  | { readonly ok: true; readonly archiveRemovedAt: Date }
  /** Other rules folded the row: only its counts were compared, until it is written again. */
  | { readonly ok: true; readonly foldVersion: number }
  | { readonly ok: false; readonly differences: readonly CallDifference[] };

/** Folds the archive of a call again and compares the result with its row, both in one snapshot. */
export async function verifyCall(db: Kysely<CallStoreSchema>, call: CallKey): Promise<VerifyResult> {
  return db
    .transaction()
    .setIsolationLevel('repeatable read')
    .setAccessMode('read only')
    .execute((snapshot) => verifyIn(snapshot, call));
}

async function verifyIn(db: Kysely<CallStoreSchema>, call: CallKey): Promise<VerifyResult> {
  const stored = await readCall(db, call);
  if (stored === undefined)
    return { ok: false, differences: [{ column: 'row', problem: 'the call has no row' }] };
  // A late event may be in it again: less than the row was folded from, until the next run deletes it.
  if (stored.archive_removed_at !== null) return { ok: true, archiveRemovedAt: stored.archive_removed_at };
  const events = await readArchivedEvents(db, call);
  const archive = foldArchive(call, events);
  const gaps = findArchiveGaps(events).map((problem) => ({ column: 'archive', problem }));
  const differences = [...gaps, ...unreadable(archive), ...compareCall(stored, archive)];
  if (differences.length > 0) return { ok: false, differences };
  return isOfOtherFold(stored) ? { ok: true, foldVersion: stored.fold_version } : { ok: true };
}

function unreadable({ unreadable }: FoldedArchive): CallDifference[] {
  return unreadable.map(({ epoch, seq, reason }) => ({
    column: 'archive',
    problem: `entry ${seq} of epoch ${epoch} can't be read: ${reason}`,
  }));
}
