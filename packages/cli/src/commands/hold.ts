import { callId, type CallKey } from '@turnlog/call-events';
import type { CallStore, LegalHold } from '@turnlog/call-store';
import { CommandError, UsageError } from '../command-error.ts';
import { defineCommand } from '../command.ts';
import { withStore } from '../connections/with-store.ts';
import { databaseFlags, switchFlag, tenantFlag, text, valueFlag } from '../flags.ts';
import { clockFlags, clockOf, type WallClock } from '../format/clock.ts';
import { visibleText } from '../format/visible-text.ts';

export const command = defineCommand({
  usage: 'hold [<callSid> --on --reason <text> | --off]',
  count: [0, 1],
  details: ['With --tenant also a call that has no record yet.'],
  flags: {
    on: switchFlag('hold the call'),
    off: switchFlag('release it'),
    reason: valueFlag(text, '<text>', 'why, such as the number of a case'),
    ...tenantFlag,
    ...clockFlags,
    ...databaseFlags,
  },
  run: ({ values, positionals: [callSid] }, terminal) =>
    withStore(values, terminal, async (store) => {
      if (callSid === undefined) {
        if (values.on || values.off) throw new UsageError('Name the call.');
        const holds = await store.privacy.holds();
        return { document: holds, text: formatHolds(holds, clockOf(values)) };
      }
      if (values.on === values.off) throw new UsageError('Use --on or --off.');
      const call = await keyOf(store, callSid, values.tenant);
      const isHeld = values.on;
      if (isHeld) {
        if (values.reason === undefined) throw new UsageError('Give the reason: --reason <text>.');
        requireHeld(await store.privacy.hold(call, values.reason), callSid);
      } else if (!(await store.privacy.release(call))) {
        throw new CommandError(`The call "${visibleText(callSid)}" is not held.`);
      }
      return {
        document: { ...call, held: isHeld },
        text: `⚖️  ${visibleText(callId(call))} ${isHeld ? 'is held.' : 'is no longer held.'}`,
      };
    }),
});

async function keyOf(store: CallStore, callSid: string, tenant: string | undefined): Promise<CallKey> {
  if (tenant !== undefined) return { tenant, callSid };
  const row = await store.readCall(callSid);
  if (row !== undefined) return { tenant: row.tenant, callSid };
  throw new CommandError(
    `There is no record of a call "${visibleText(callSid)}" yet: name its tenant with --tenant.`,
  );
}

function requireHeld(outcome: 'held' | 'erased' | 'busy', callSid: string): void {
  if (outcome === 'held') return;
  const why =
    outcome === 'erased'
      ? 'it was erased'
      : 'another transaction of Postgres keeps it locked: try again in a moment';
  throw new CommandError(`The call "${visibleText(callSid)}" can't be held: ${why}.`);
}

function formatHolds(holds: readonly LegalHold[], clock: WallClock): string {
  if (holds.length === 0) return '⚖️  No call is held.';
  const lines = holds.map(
    ({ tenant, callSid, reason, heldAt }) =>
      `  ${tenant}/${visibleText(callSid)}  since ${clock.dateTime(heldAt)}: ${visibleText(reason)}`,
  );
  return [`⚖️  ${holds.length} call(s) are held:`, ...lines].join('\n');
}
