import type { CallKey } from '@turnlog/call-events';
import type { ErasedAmounts, ErasureReport } from '../privacy/erase-calls.ts';
import type { FoundCall } from '../privacy/find-person.ts';
import { visibleText } from './visible-text.ts';

/** The result of an erasure, or of a dry run. */
export function formatErasure(report: ErasureReport, isDryRun: boolean): string {
  const { erased, ambiguous, ambiguousPlacements, held, live, busy, spool } = report;
  return [
    `🧹 ${erased.length} call(s) ${isDryRun ? 'would be erased' : 'erased'}.`,
    ...erased.map(nameOf),
    ...(isDryRun ? [] : amountsOf(report.amounts)),
    ...listOf(
      ambiguous,
      '❓',
      'may be this person’s or another’s, not changed; look at them, then erase each with --call, or all with --include-ambiguous:',
    ),
    ...(ambiguousPlacements > 0
      ? [`❓ ${ambiguousPlacements} call(s) asked of the carrier may be this person’s, not changed.`]
      : []),
    ...listOf(held, '⚖️ ', 'under a legal hold, not changed:'),
    ...listOf(live, '📞', 'in progress, not changed; erase them when they are over:'),
    ...listOf(busy, '⏳', 'locked by another transaction of Postgres; run this again:'),
    ...(isDryRun ? [] : [aboutSpools(spool)]),
  ].join('\n');
}

function listOf(calls: readonly FoundCall[], sign: string, what: string): string[] {
  return calls.length === 0 ? [] : [`${sign} ${calls.length} ${what}`, ...calls.map(nameOf)];
}

function amountsOf(amounts: ErasedAmounts): string[] {
  const { rows, segments, placements, keys, entries, letters } = amounts;
  const postgres = `${rows} row(s), ${segments} archive segment(s) and ${placements} placement(s) of Postgres`;
  const redis = `${keys} key(s), ${entries} feed entries and ${letters} dead letter(s) of Redis`;
  return [`   Removed: ${postgres}; ${redis}.`];
}

function aboutSpools(spool: ErasureReport['spool']): string {
  if (spool === null)
    return 'ℹ️  No spool was searched. If gateways have one (SPOOL_DIR), run this where it is, or name it with --spool.';
  const living = spool.living > 0 ? `; ${spool.living} of living gateways, which clean them themselves` : '';
  return `💾 ${spool.events} event(s) removed from the spools of dead gateways${living}.`;
}

function nameOf({ tenant, callSid, foundIn }: CallKey & Pick<FoundCall, 'foundIn'>): string {
  const places = foundIn.length === 0 ? '' : `  (${foundIn.join(', ')})`;
  return `  ${tenant}/${visibleText(callSid)}${places}`;
}
