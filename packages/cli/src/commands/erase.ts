import { describeDatabaseError } from '@turnlog/call-store';
import { envValue, readConfig } from '@turnlog/service-kit/config';
import { z } from 'zod';
import { CommandError, UsageError } from '../command-error.ts';
import { defineCommand } from '../command.ts';
import type { AskedServers } from '../connections/find-servers.ts';
import { databaseFlags, listFlag, redisFlags, switchFlag, tenantFlag, text, valueFlag } from '../flags.ts';
import { formatErasure } from '../format/erasure.ts';
import { keyOfLocalStack } from '../privacy/local-key.ts';
import { withCallPlaces } from '../privacy/call-places.ts';
import { asPlanned, carryOut, isAnythingLeft } from '../privacy/erase-calls.ts';
import { isRegion, readPhone, type Phone, type Region } from '../privacy/phones/phone.ts';
import { planErasure, type Keys } from '../privacy/plan-erasure.ts';
import type { Terminal } from '../terminal.ts';

const region = envValue('the two letters of a country, such as IN', (value) =>
  isRegion(value) ? { value } : { problem: 'got something else' },
);

const environment = z.object({
  ERASURE_KEY: envValue('a secret of at least 16 characters', (value) =>
    value.length >= 16 ? { value } : { problem: 'got a shorter one' },
  ),
  PHONE_REGION: region.default('IN'),
});

export const command = defineCommand({
  usage: 'erase --call <callSid> | --phone <number> | --reapply',
  details: [
    'A phone is searched in every text of a call: its row, its archive, its log and live state in Redis, the dead letters,',
    'the spools, and the calls that were asked of the carrier. Numbers without a country code are taken to be of PHONE_REGION',
    '(IN by default). Calls whose digits may be another person’s are listed and left, unless --include-ambiguous is given.',
    'Erased data does not come back: late events are refused, and the erasure ledger lists, by a hash that',
    'ERASURE_KEY makes, what to erase again after a restore (--reapply). Keep that key, and with --ledger a copy of',
    'the ledger, apart from the backups. The exit code is 1 if anything that was found is still there (a call under a legal',
    'hold, in progress, ambiguous or locked), and if something could not be searched. The local stack of "npm start" has',
    'a key of its own, erasure-key in its data folder.',
    'Spools of dead gateways are searched if their folder is on this machine; living gateways clean theirs themselves.',
  ],
  flags: {
    call: valueFlag(text, '<callSid>', 'one call'),
    phone: valueFlag(text, '<number>', 'every call with this number in it, of all tenants or of --tenant'),
    reapply: switchFlag('erase again what the ledger lists: after a restore'),
    ledger: valueFlag(
      text,
      '<file>',
      'a copy of the ledger: added to, and read with --reapply; - for output and input',
    ),
    'include-ambiguous': switchFlag('also erase calls that may be another person’s'),
    unseen: switchFlag('with --call and --tenant: refuse later events of a call that does not exist yet'),
    'dry-run': switchFlag('show what would be erased, and change nothing'),
    ...tenantFlag,
    ...databaseFlags,
    ...redisFlags,
    spool: listFlag(text, '<folder>', 'folder of the gateways’ spools; SPOOL_DIR by default'),
  },
  run: async ({ values }, terminal) => {
    const asked = [values.call !== undefined, values.phone !== undefined, values.reapply];
    if (asked.filter(Boolean).length !== 1) throw new UsageError('Name what to erase.');
    const keys = await keysFrom(values, terminal);
    const phone = values.phone === undefined ? undefined : phoneFrom(values.phone, keys.region);
    const ledger = values.ledger === undefined ? undefined : { file: values.ledger, terminal };
    const wishes = { ...values, phone, ledger, isAmbiguousIncluded: values['include-ambiguous'] };
    const isDryRun = values['dry-run'];
    // What --reapply reads from standard input is complete already.
    const copy = ledger?.file === '-' && values.reapply ? undefined : ledger;
    return withCallPlaces(values, terminal, async (places) => {
      const planned = await orNothing(planErasure(places, wishes, keys));
      const report = isDryRun ? asPlanned(planned) : await carryOut(places, planned, copy);
      return {
        document: { dryRun: isDryRun, ...report },
        text: formatErasure(report, isDryRun),
        exitCode: isAnythingLeft(report) ? 1 : 0,
        isOutputUsed: copy?.file === '-' && !isDryRun,
      };
    });
  },
});

/** Data that cannot be searched may be the person's: it must not be skipped. */
async function orNothing<T>(search: Promise<T>): Promise<T> {
  return search.catch((error: unknown) => {
    if (error instanceof CommandError) throw error;
    const why = describeDatabaseError(error);
    throw new CommandError(`Not everything can be searched: ${why}. Nothing was erased.`, { cause: error });
  });
}

function phoneFrom(typed: string, region: Region): Phone {
  const phone = readPhone(typed, region);
  if (phone !== undefined) return phone;
  throw new CommandError(
    `--phone: expected a phone number of ${region}, or one with + and its country code, got something else.`,
  );
}

async function keysFrom(asked: AskedServers, terminal: Terminal): Promise<Keys> {
  const { env } = terminal;
  const ERASURE_KEY = env['ERASURE_KEY'] || (await keyOfLocalStack(asked, terminal));
  const read = readConfig(environment, { ...env, ERASURE_KEY });
  if (read.ok) return { key: read.config.ERASURE_KEY, region: read.config.PHONE_REGION };
  throw new CommandError(
    `${read.problems.join('; ')}. ERASURE_KEY makes the hashes of the erasure ledger: make one with "openssl rand -hex 32", ` +
      'set it in the environment (for compose, in .env), keep it apart from the backups, and never change it.',
  );
}
