import { type ArchivedEvent } from './read-archive.ts';

/**
 * The entries that the archive of a call lacks, in words. A log's entries are 1, 2, 3 … in each of its
 * epochs.
 */
export function findArchiveGaps(events: readonly ArchivedEvent[]): string[] {
  const gaps: string[] = [];
  const lastSeqs = new Map<string, number>();
  for (const { epoch, seq } of events) {
    const last = lastSeqs.get(epoch) ?? 0;
    if (seq > last + 1) gaps.push(`entries ${last + 1} to ${seq - 1} of epoch ${epoch} are missing`);
    lastSeqs.set(epoch, Math.max(last, seq));
  }
  return gaps;
}
