import { callId, type CallKey } from '@turnlog/call-events';
import type { CallStore, OlderFold } from '@turnlog/call-store';
import { defineCommand } from '../command.ts';
import { withStore } from '../connections/with-store.ts';
import { databaseFlags, switchFlag, tenantFlag } from '../flags.ts';
import { forEachAtOnce } from '../for-each-at-once.ts';
import { visibleText } from '../format/visible-text.ts';

const AT_ONCE = 4;
const PROGRESS_EVERY = 500;

interface Refolding {
  readonly dryRun: boolean;
  refolded: number;
  /** Retention has deleted their archives, so they stay as they are. */
  withoutArchive: number;
  /** Their archives have fewer events than their rows, so they stay as they are. */
  readonly kept: CallKey[];
}

export const command = defineCommand({
  usage: 'refold',
  details: [
    'For after an upgrade that added columns: folds the archive of each call whose row an earlier version of the rules',
    'folded, and writes the row. Safe at any time, also while calls are written; after an interruption run it again.',
    'Ends with exit code 1 if an archive has fewer events than its row: turnlog verify says what is missing.',
  ],
  flags: {
    'dry-run': switchFlag('count the rows, and change nothing'),
    ...tenantFlag,
    ...databaseFlags,
  },
  run: ({ values }, terminal) =>
    withStore(values, terminal, async (store) => {
      const result: Refolding = { dryRun: values['dry-run'], refolded: 0, withoutArchive: 0, kept: [] };
      await forEachAtOnce(store.olderFolds(values.tenant), AT_ONCE, async (call) => {
        await refold(store, call, result);
        const isReported = !values.json && result.refolded > 0 && result.refolded % PROGRESS_EVERY === 0;
        if (isReported) terminal.err.write(`${result.refolded} records folded again\n`);
      });
      return { document: result, text: describe(result), exitCode: result.kept.length === 0 ? 0 : 1 };
    }),
});

async function refold(
  store: CallStore,
  { tenant, callSid, epoch, hasArchive }: OlderFold,
  result: Refolding,
): Promise<void> {
  const call = { tenant, callSid };
  if (!hasArchive) {
    result.withoutArchive += 1;
    return;
  }
  const outcome = result.dryRun
    ? 'written'
    : (await store.mergeCall({ call, epoch, isRefold: true })).outcome;
  if (outcome === 'written') result.refolded += 1;
  if (outcome === 'kept') result.kept.push(call);
}

function describe({ dryRun, refolded, withoutArchive, kept }: Refolding): string {
  const lines = kept.map(
    (call) => `❌ ${visibleText(callId(call))}: its archive has fewer events than its row.`,
  );
  const verb = dryRun ? 'would be folded again' : 'folded again';
  const exception =
    withoutArchive === 0
      ? []
      : [`${withoutArchive} other(s) stay as they are: retention has deleted their archives.`];
  return [...lines, `🔁 ${refolded} record(s) ${verb}.`, ...exception].join('\n');
}
