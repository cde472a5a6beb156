import type { CallStore, StoredCall } from '@turnlog/call-store';
import { CommandError } from '../command-error.ts';
import { defineCommand } from '../command.ts';
import { withStore } from '../connections/with-store.ts';
import { databaseFlags, tenantFlag } from '../flags.ts';
import { formatCallRecord } from '../format/call-record.ts';
import { clockFlags, clockOf } from '../format/clock.ts';
import { visibleText } from '../format/visible-text.ts';

export const command = defineCommand({
  usage: 'show <callSid>',
  count: [1, 1],
  details: ['With --json: the row as it is in Postgres, its columns as keys.'],
  flags: { ...tenantFlag, ...clockFlags, ...databaseFlags },
  run: ({ values, positionals: [callSid = ''] }, terminal) =>
    withStore(values, terminal, async (store) => {
      const call = await readCallOrThrow(store, callSid, values.tenant);
      return { document: call, text: formatCallRecord(call, clockOf(values)) };
    }),
});

/** The row of a call; throws a sentence if there is none. */
export async function readCallOrThrow(
  store: CallStore,
  callSid: string,
  tenant: string | undefined,
): Promise<StoredCall> {
  const call = await store.readCall(tenant === undefined ? callSid : { tenant, callSid });
  if (call !== undefined) return call;
  throw new CommandError(
    `There is no record of a call "${visibleText(callSid)}"${tenant === undefined ? '' : ` of ${tenant}`}. ` +
      'A call in progress gets its record when it ends, or after half a minute.',
  );
}
