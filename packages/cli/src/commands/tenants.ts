import { envValue, oneOf, wholeNumber, type EnvValue } from '@turnlog/service-kit/config';
import {
  addTenant,
  changePolicy,
  createTenantCopy,
  finishRotation,
  isAddressRange,
  revokeTenant,
  rotateSecret,
  secretKind,
  type Changed,
  type Tenant,
  type TenantPolicy,
} from '@turnlog/tenants';
import { CommandError, UsageError, reasonOf } from '../command-error.ts';
import { defineCommand } from '../command.ts';
import type { AskedServers } from '../connections/find-servers.ts';
import { withRedis } from '../connections/with-redis.ts';
import { withStore } from '../connections/with-store.ts';
import { databaseFlags, redisFlags, switchFlag, tenant, valueFlag, type FlagValues } from '../flags.ts';
import { formatChange, formatTenants, withoutHashes } from '../format/tenants.ts';
import type { Terminal } from '../terminal.ts';

/** A value, or `none` for null. */
function orNone<T>(value: EnvValue<T>): EnvValue<T | null> {
  return envValue('a value or "none"', (text) => {
    if (text === 'none') return { value: null };
    const read = value.safeParse(text);
    return read.success ? { value: read.data } : { problem: read.error.issues[0]?.message ?? 'got another' };
  });
}

const addresses: EnvValue<readonly string[]> = envValue(
  'addresses or ranges with commas between them, such as 203.0.113.0/24,198.51.100.7, or "none"',
  (text) => {
    const ranges = text === 'none' ? [] : text.split(',').map((range) => range.trim());
    const wrong = ranges.find((range) => !isAddressRange(range));
    return wrong === undefined ? { value: ranges } : { problem: `got ${JSON.stringify(wrong)}` };
  },
);

const count = orNone(wholeNumber(1, 1_000_000));

const flags = {
  kind: valueFlag(oneOf(secretKind.options), '<kind>', 'rotate: stream (default), api or webhook'),
  finish: switchFlag('rotate: make no new secret; only the newest one stays valid'),
  redaction: valueFlag(oneOf(['none', 'mask', 'drop']), '<how>', 'set: none, mask or drop'),
  'max-calls': valueFlag(count, '<n>', 'set: the most calls at once, or none'),
  'max-mib-per-hour': valueFlag(count, '<n>', 'set: the most MiB of events an hour, or none'),
  addresses: valueFlag(addresses, '<list>', 'set: addresses whose streams need no credential, or none'),
  'transcript-days': valueFlag(count, '<n>', 'set: how long records are kept, or none for ever'),
  'archive-days': valueFlag(count, '<n>', 'set: how long events are kept, or none for ever'),
  'audio-hours': valueFlag(count, '<n>', 'set: how long audio is kept, or none for the default'),
  ...databaseFlags,
  ...redisFlags,
};

export const command = defineCommand({
  usage: 'tenants list | add <name> | rotate <name> | revoke <name> | set <name>',
  count: [1, 2],
  details: [
    'A secret is shown once, when it is created, and never again: only its hash is kept. After "rotate" the previous secret',
    'stays valid, until "rotate --finish" or the next rotation. "revoke" locks a tenant out; its records stay, and "add"',
    'brings it back with new secrets. Gateways apply a change within two seconds; calls in progress are not cut.',
  ],
  flags,
  run: ({ values, positionals: [action = '', name] }, terminal) =>
    withStore(values, terminal, async (store) => {
      if (action === 'list') {
        const all = await store.tenants.list();
        return { document: all.map(withoutHashes), text: formatTenants(all) };
      }
      const changed = await store.tenants.change(...changeOf(action, nameOf(name), values, terminal.now()));
      await tellGateways(changed.tenant, values, terminal);
      return { document: documentOf(changed), text: formatChange(changed) };
    }),
});

/** The tenant to change, and the change. */
type TenantChange = readonly [name: string, change: (current: Tenant | undefined) => Changed];

function changeOf(
  action: string,
  name: string,
  values: FlagValues<typeof flags>,
  nowMs: number,
): TenantChange {
  const { kind = 'stream', finish } = values;
  switch (action) {
    case 'add':
      return [name, (current) => addTenant(name, current, nowMs)];
    case 'rotate':
      if (finish) return [name, (current) => finishRotation(name, kind, current)];
      return [name, (current) => rotateSecret(name, kind, current, nowMs)];
    case 'revoke':
      return [name, (current) => revokeTenant(name, current, nowMs)];
    case 'set': {
      const policy = policyOf(values);
      return [name, (current) => changePolicy(name, policy, current)];
    }
    default:
      throw new UsageError(`Unknown action "${action}" for tenants.`);
  }
}

function policyOf(values: FlagValues<typeof flags>): Partial<TenantPolicy> {
  const asked = {
    redaction: values.redaction,
    maxCalls: values['max-calls'],
    maxMibPerHour: values['max-mib-per-hour'],
    addresses: values.addresses,
    transcriptDays: values['transcript-days'],
    archiveDays: values['archive-days'],
    audioHours: values['audio-hours'],
  };
  const named = Object.entries(asked).filter(([, value]) => value !== undefined);
  if (named.length === 0)
    throw new CommandError('Name what to set: --redaction, --max-calls, --addresses ….');
  return Object.fromEntries(named);
}

function nameOf(name: string | undefined): string {
  if (name === undefined) throw new UsageError('Name a tenant.');
  const read = tenant.safeParse(name);
  if (read.success) return read.data;
  throw new CommandError(
    `"${name}" is not a valid tenant name: 1 to 63 lower-case letters, digits, "-" or "_", the first a letter or a digit.`,
  );
}

/**
 * The change is in Postgres: without Redis, gateways apply it later, and new secrets must be shown all the
 * same.
 */
async function tellGateways(changed: Tenant, asked: AskedServers, terminal: Terminal): Promise<void> {
  try {
    await withRedis(asked, terminal, ({ redis, space }) => createTenantCopy(redis, space).write([changed]));
  } catch (error) {
    terminal.err.write(
      `The change is stored, but gateways can't be notified now: ${reasonOf(error)} A persister does it within 30 seconds after Redis is available again.\n`,
    );
  }
}

function documentOf({ tenant: changed, created }: Changed) {
  const secrets = created.map(({ text, secret: { id, kind } }) => ({ id, kind, secret: text }));
  return { tenant: withoutHashes(changed), secrets };
}
