import { type CallKey } from '@turnlog/call-events';
import { type Erasure } from '@turnlog/call-store';
import { envValue, readConfig } from '@turnlog/service-kit';
import { z } from 'zod';
import { CommandError } from '../command-error.ts';
import { defineCommand } from '../command.ts';
import { databaseFlags, redisFlags } from '../connections/server-flags.ts';
import { spoolFlags } from '../connections/find-spools.ts';
import { withCallPlaces } from '../connections/with-call-places.ts';
import { switchFlag, text, valueFlag } from '../flags.ts';
import { formatErasure } from '../format/erasure.ts';
import { distinct, eraseCalls, type ErasureReport } from '../privacy/erase-calls.ts';
import { callsWithPhones, phonesIn, type CallPlaces } from '../privacy/find-person.ts';
import { appendToLedger, readLedger } from '../privacy/ledger-file.ts';
import { foundByLedger, type FoundPerson } from '../privacy/reapply-ledger.ts';
import { callSubject, phoneOf, phoneSubject } from '../privacy/subjects.ts';
import { print, printJson, type Terminal } from '../terminal.ts';
import { jsonFlag } from './json-flag.ts';
import { DEFAULT_TENANT, tenantFlag } from './tenant-flag.ts';

const USAGE = 'Usage: turnlog erase --call <callSid> | --phone <number> | --reapply';

const phone = envValue('a phone number of at least 8 digits', (value) => {
  const read = phoneOf(value);
  return read === undefined ? { problem: 'got something else' } : { value: read };
});

const environment = z.object({
  ERASURE_KEY: envValue('a secret of at least 16 characters', (value) =>
    value.length >= 16 ? { value } : { problem: 'got a shorter one' },
  ),
});

export const erase = defineCommand({
  name: 'erase',
  summary: 'take a call, or a person, out of Redis, Postgres, the archive, the dead letters and the spools',
  parameters: '--call <callSid> | --phone <number> | --reapply',
  count: { min: 0, max: 0 },
  details: [
    'What was erased does not come back: late events of it are refused, and the ledger of erasures says, by a hash that',
    'ERASURE_KEY makes, what is to be erased again after a restore (--reapply). Keep that key, and with --ledger a copy of',
    'the ledger, apart from the backups. A call under a legal hold stays, as does one that goes on; then the exit code is 1.',
    'Spools of gateways that died are reached where their folder is; gateways that live clean theirs themselves.',
  ],
  flags: {
    call: valueFlag(text, '<callSid>', 'one call'),
    phone: valueFlag(phone, '<number>', 'every call with this number in it, of all tenants or of --tenant'),
    reapply: switchFlag('erase again what the ledger says was erased: after a restore'),
    ledger: valueFlag(text, '<file>', 'a copy of the ledger: added to, and with --reapply read as well'),
    'dry-run': switchFlag('say what would be erased, and do nothing'),
    ...tenantFlag,
    ...databaseFlags,
    ...redisFlags,
    ...spoolFlags,
    ...jsonFlag,
  },
  run: async ({ values }, terminal) => {
    const asked = [values.call !== undefined, values.phone !== undefined, values.reapply];
    if (asked.filter(Boolean).length !== 1) throw new CommandError(`Say what to erase. ${USAGE}`);
    const key = keyFrom(terminal);
    return withCallPlaces(values, terminal, async (places) => {
      const planned = await plan(places, values, key);
      const report = values['dry-run']
        ? { erased: planned.calls, held: [], live: [], busy: [], spool: null }
        : await carryOut(places, planned, values.ledger);
      if (values.json) printJson(terminal, { dryRun: values['dry-run'], ...report });
      else print(terminal, formatErasure(report, values['dry-run']));
      return report.held.length + report.live.length + report.busy.length === 0 ? 0 : 1;
    });
  },
});

interface Wishes {
  readonly call: string | undefined;
  readonly phone: string | undefined;
  readonly tenant: string | undefined;
  readonly ledger: string | undefined;
}

interface Plan extends FoundPerson {
  readonly erasures: readonly Erasure[];
}

/** What is to go, and what the ledger has to say of it. */
async function plan(
  places: CallPlaces,
  { call: callSid, phone: number, tenant, ledger }: Wishes,
  key: string,
): Promise<Plan> {
  const erasedAt = new Date();
  if (callSid !== undefined) {
    const call = await keyOf(places, callSid, tenant);
    const subject = callSubject(key, call);
    return {
      calls: [call],
      placements: [],
      erasures: [{ kind: 'call', subject, tenant: call.tenant, erasedAt }],
    };
  }
  if (number !== undefined) {
    const subject = phoneSubject(key, number);
    const found = await foundByPhone(places, number, tenant);
    return { ...found, erasures: [{ kind: 'phone', subject, tenant: tenant ?? null, erasedAt }] };
  }
  const fromFile = ledger === undefined ? [] : await readLedger(ledger);
  const all = [...(await places.store.privacy.erasures()), ...fromFile];
  return { ...(await foundByLedger(places, all, key)), erasures: fromFile };
}

/** The ledger first: an erasure that is broken off is then taken up again by `--reapply`. */
async function carryOut(
  places: CallPlaces,
  { calls, placements, erasures }: Plan,
  ledger: string | undefined,
): Promise<ErasureReport> {
  const { privacy } = places.store;
  const known = new Set(
    (await privacy.erasures()).map(({ subject, tenant }) => `${subject}/${tenant ?? ''}`),
  );
  const held = new Set<CallKey>();
  for (const call of calls) if (await privacy.isHeld(call)) held.add(call);
  // A call that is held is not erased, and not to be erased by itself later.
  const isOnlyHeld =
    calls.length > 0 && held.size === calls.length && erasures.every(({ kind }) => kind === 'call');
  if (!isOnlyHeld) {
    const news = erasures.filter(({ subject, tenant }) => !known.has(`${subject}/${tenant ?? ''}`));
    if (ledger !== undefined) await appendToLedger(ledger, news);
    await privacy.recordErasures(erasures);
  }
  await privacy.erasePlacements(placements);
  return eraseCalls(places, calls);
}

/** A call that nobody has a row of may be in Redis, or may come yet: it is erased as well. */
async function keyOf({ store }: CallPlaces, callSid: string, tenant: string | undefined): Promise<CallKey> {
  if (tenant !== undefined) return { tenant, callSid };
  const row = await store.readCall(callSid);
  return { tenant: row?.tenant ?? DEFAULT_TENANT, callSid };
}

async function foundByPhone(
  places: CallPlaces,
  number: string,
  tenant: string | undefined,
): Promise<FoundPerson> {
  const found: CallKey[] = [];
  for await (const call of callsWithPhones(places)) {
    if ((tenant ?? call.tenant) === call.tenant && call.phones.includes(number)) found.push(call);
  }
  const placements = (await places.store.privacy.placements()).filter(
    (placement) =>
      (tenant ?? placement.tenant) === placement.tenant && phonesIn(placement.numbers).includes(number),
  );
  return { calls: distinct(found), placements: placements.map(({ reference }) => reference) };
}

function keyFrom({ env }: Terminal): string {
  const read = readConfig(environment, env);
  if (read.ok) return read.config.ERASURE_KEY;
  throw new CommandError(
    `${read.problems.join('; ')}. It makes the hashes of the ledger: keep it, and never change it.`,
  );
}
