import { type CallKey } from '@turnlog/call-events';
import { type ErasureReport } from '../privacy/erase-calls.ts';
import { visibleText } from './visible-text.ts';

/** What became of an erasure. */
export function formatErasure({ erased, held, live }: ErasureReport, isDryRun: boolean): string {
  const verb = isDryRun ? 'would be erased' : 'erased';
  return [
    `🧹 ${erased.length} call(s) ${verb}.`,
    ...erased.map(nameOf),
    ...(held.length > 0 ? [`⚖️  ${held.length} under a legal hold, not touched:`, ...held.map(nameOf)] : []),
    ...(live.length > 0
      ? [`📞 ${live.length} still going on, not touched; erase them when they are over:`, ...live.map(nameOf)]
      : []),
  ].join('\n');
}

function nameOf({ tenant, callSid }: CallKey): string {
  return `  ${tenant}/${visibleText(callSid)}`;
}
