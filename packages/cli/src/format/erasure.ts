import { type CallKey } from '@turnlog/call-events';
import { type ErasureReport } from '../privacy/erase-calls.ts';
import { visibleText } from './visible-text.ts';

/** What became of an erasure. */
export function formatErasure({ erased, held, live, busy, spool }: ErasureReport, isDryRun: boolean): string {
  const verb = isDryRun ? 'would be erased' : 'erased';
  return [
    `🧹 ${erased.length} call(s) ${verb}.`,
    ...erased.map(nameOf),
    ...(held.length > 0 ? [`⚖️  ${held.length} under a legal hold, not touched:`, ...held.map(nameOf)] : []),
    ...(live.length > 0
      ? [`📞 ${live.length} still going on, not touched; erase them when they are over:`, ...live.map(nameOf)]
      : []),
    ...(busy.length > 0
      ? [`⏳ ${busy.length} locked by another transaction of Postgres; run this again:`, ...busy.map(nameOf)]
      : []),
    ...(isDryRun ? [] : [aboutSpools(spool)]),
  ].join('\n');
}

function aboutSpools(spool: ErasureReport['spool']): string {
  if (spool === null)
    return 'ℹ️  No spool was looked at. If gateways have one (SPOOL_DIR), run this where it is, or name it with --spool.';
  const living =
    spool.living > 0 ? `; ${spool.living} of gateways that live, which clean them themselves` : '';
  return `💾 ${spool.events} event(s) taken out of the spools of dead gateways${living}.`;
}

function nameOf({ tenant, callSid }: CallKey): string {
  return `  ${tenant}/${visibleText(callSid)}`;
}
