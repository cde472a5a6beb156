import { callId, type CallKey } from '@turnlog/call-events';
import { type CallStore, type LegalHold } from '@turnlog/call-store';
import { CommandError } from '../command-error.ts';
import { defineCommand } from '../command.ts';
import { databaseFlags } from '../connections/server-flags.ts';
import { withStore } from '../connections/with-store.ts';
import { switchFlag, text, valueFlag, jsonFlag, tenantFlag } from '../flags.ts';
import { clockFlags, clockOf, type WallClock } from '../format/clock.ts';
import { visibleText } from '../format/visible-text.ts';
import { print, printJson } from '../terminal.ts';

const USAGE = 'Usage: turnlog hold <callSid> --on --reason <text> | --off, or turnlog hold to list them';

export const hold = defineCommand({
  name: 'hold',
  summary: 'keep a call from retention and erasure, release it, or list held calls',
  parameters: '[<callSid> --on --reason <text> | --off]',
  count: { min: 0, max: 1 },
  details: ['With --tenant also a call that has no record yet.'],
  flags: {
    on: switchFlag('hold the call'),
    off: switchFlag('release it'),
    reason: valueFlag(text, '<text>', 'why, such as the number of a case'),
    ...tenantFlag,
    ...clockFlags,
    ...databaseFlags,
    ...jsonFlag,
  },
  run: ({ values, positionals: [callSid] }, terminal) =>
    withStore(values, terminal, async (store) => {
      if (callSid === undefined) {
        if (values.on || values.off) throw new CommandError(`Name the call. ${USAGE}`);
        const holds = await store.privacy.holds();
        if (values.json) printJson(terminal, holds);
        else print(terminal, formatHolds(holds, clockOf(values)));
        return 0;
      }
      if (values.on === values.off) throw new CommandError(`Use --on or --off. ${USAGE}`);
      const call = await keyOf(store, callSid, values.tenant);
      const isHeld = values.on;
      if (isHeld) {
        if (values.reason === undefined) throw new CommandError(`Give the reason: --reason <text>. ${USAGE}`);
        requireHeld(await store.privacy.hold(call, values.reason), callSid);
      } else if (!(await store.privacy.release(call))) {
        throw new CommandError(`The call "${visibleText(callSid)}" is not held.`);
      }
      if (values.json) printJson(terminal, { ...call, held: isHeld });
      else print(terminal, `⚖️  ${visibleText(callId(call))} ${isHeld ? 'is held.' : 'is no longer held.'}`);
      return 0;
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
