import { describeDatabaseError } from '@turnlog/call-store';
import { envValue, readConfig } from '@turnlog/service-kit';
import { z } from 'zod';
import { CommandError } from '../command-error.ts';
import { defineCommand } from '../command.ts';
import { databaseFlags, redisFlags } from '../connections/server-flags.ts';
import { spoolFlags } from '../connections/find-spools.ts';
import { withCallPlaces } from '../connections/with-call-places.ts';
import { switchFlag, text, valueFlag, jsonFlag, tenantFlag } from '../flags.ts';
import { formatErasure } from '../format/erasure.ts';
import { asPlanned, carryOut, isAnythingLeft } from '../privacy/erase-calls.ts';
import { isRegion, readPhone, type Phone, type Region } from '../privacy/phones/phone.ts';
import { planErasure, type Keys } from '../privacy/plan-erasure.ts';
import { print, printJson, type Terminal } from '../terminal.ts';

const USAGE = 'Usage: turnlog erase --call <callSid> | --phone <number> | --reapply';

const region = envValue('the two letters of a country, such as IN', (value) =>
  isRegion(value) ? { value } : { problem: 'got something else' },
);

const environment = z.object({
  ERASURE_KEY: envValue('a secret of at least 16 characters', (value) =>
    value.length >= 16 ? { value } : { problem: 'got a shorter one' },
  ),
  PHONE_REGION: region.default('IN'),
});

export const erase = defineCommand({
  name: 'erase',
  summary: 'take a call, or a person, out of Redis, Postgres, the archive, the dead letters and the spools',
  parameters: '--call <callSid> | --phone <number> | --reapply',
  count: { min: 0, max: 0 },
  details: [
    'A phone is looked for in every text of a call: its row, its archive, its log and live state in Redis, the dead letters,',
    'the spools, and the calls that were asked of the carrier. Numbers without a country code are taken to be of PHONE_REGION',
    '(IN by default). Calls whose digits may be another person’s are listed and left, unless --include-ambiguous is given.',
    'What was erased does not come back: late events of it are refused, and the ledger of erasures says, by a hash that',
    'ERASURE_KEY makes, what is to be erased again after a restore (--reapply). Keep that key, and with --ledger a copy of',
    'the ledger, apart from the backups. The exit code is 1 when anything that was found is still there: a call under a legal',
    'hold, one that goes on, one that is ambiguous or locked; and when something could not be searched.',
    'Spools of gateways that died are reached where their folder is; gateways that live clean theirs themselves.',
  ],
  flags: {
    call: valueFlag(text, '<callSid>', 'one call'),
    phone: valueFlag(text, '<number>', 'every call with this number in it, of all tenants or of --tenant'),
    reapply: switchFlag('erase again what the ledger says was erased: after a restore'),
    ledger: valueFlag(text, '<file>', 'a copy of the ledger: added to, and with --reapply read as well'),
    'include-ambiguous': switchFlag('erase as well what may be another person’s'),
    unseen: switchFlag(
      'with --call and --tenant: have refused what comes later of a call that is nowhere yet',
    ),
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
    const keys = keysFrom(terminal);
    const phone = values.phone === undefined ? undefined : phoneFrom(values.phone, keys.region);
    const wishes = { ...values, phone, isAmbiguousIncluded: values['include-ambiguous'] };
    return withCallPlaces(values, terminal, async (places) => {
      const planned = await orNothing(planErasure(places, wishes, keys));
      const isDryRun = values['dry-run'];
      const report = isDryRun ? asPlanned(planned) : await carryOut(places, planned, values.ledger);
      if (values.json) printJson(terminal, { dryRun: isDryRun, ...report });
      else print(terminal, formatErasure(report, isDryRun));
      return isAnythingLeft(report) ? 1 : 0;
    });
  },
});

/** What can't be searched may hold something of the person: it is not passed over. */
async function orNothing<T>(search: Promise<T>): Promise<T> {
  return search.catch((error: unknown) => {
    if (error instanceof CommandError) throw error;
    throw new CommandError(
      `Not everything can be searched: ${describeDatabaseError(error)}. Nothing was erased.`,
      {
        cause: error,
      },
    );
  });
}

function phoneFrom(typed: string, region: Region): Phone {
  const phone = readPhone(typed, region);
  if (phone !== undefined) return phone;
  throw new CommandError(
    `--phone: expected a phone number of ${region}, or one with + and its country code, got something else.`,
  );
}

function keysFrom({ env }: Terminal): Keys {
  const read = readConfig(environment, env);
  if (read.ok) return { key: read.config.ERASURE_KEY, region: read.config.PHONE_REGION };
  throw new CommandError(
    `${read.problems.join('; ')}. ERASURE_KEY makes the hashes of the ledger: keep it, and never change it.`,
  );
}
