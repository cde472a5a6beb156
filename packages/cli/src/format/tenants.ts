import { secretKind, type Changed, type SecretKind, type Tenant, type TenantPolicy } from '@turnlog/tenants';

const HOW_TO_USE: Readonly<Record<SecretKind, (name: string) => string>> = {
  stream: (name) => `Exotel's stream URL: wss://${name}:<this secret>@<your host>/exotel/stream`,
  api: () => 'over HTTP: Authorization: Bearer <this secret>',
  webhook: () => "the last part of the callbacks' URLs",
};

/** A tenant for programs: its secrets by their ids. */
export function withoutHashes({ secrets, ...tenant }: Tenant) {
  return { ...tenant, secrets: secrets.map(({ id, kind, createdAt }) => ({ id, kind, createdAt })) };
}

/** All tenants, a line each. */
export function formatTenants(tenants: readonly Tenant[]): string {
  if (tenants.length === 0)
    return 'There are no tenants: gateways serve loopback only. "tenants add <name>" adds the first one.';
  const width = Math.max(...tenants.map(({ name }) => name.length));
  return tenants.map((tenant) => `${tenant.name.padEnd(width)}  ${stateOf(tenant)}`).join('\n');
}

/** The change of a tenant, and the new secrets, which are shown only here. */
export function formatChange({ tenant, created }: Changed): string {
  const line = `${tenant.name}  ${stateOf(tenant)}`;
  if (created.length === 0) return line;
  const shown = created.flatMap(({ text, secret: { kind } }) => [
    `  ${text}`,
    `      ${kind}: ${HOW_TO_USE[kind](tenant.name)}`,
  ]);
  return [line, '', '🔑 Shown this once; only a hash is kept:', '', ...shown].join('\n');
}

function stateOf({ revokedAt, secrets, policy }: Tenant): string {
  if (revokedAt !== null) return `revoked ${revokedAt}`;
  const counts = secretKind.options.map((kind) => {
    const ids = secrets.filter((secret) => secret.kind === kind).map(({ id }) => id);
    return `${kind} ${ids.length === 0 ? '-' : ids.join('+')}`;
  });
  return [...counts, ...policyWords(policy)].join('  ');
}

function policyWords(policy: TenantPolicy): string[] {
  const { redaction, maxCalls, maxMibPerHour, addresses, transcriptDays, archiveDays, audioHours } = policy;
  const limits: readonly (readonly [string, number | null])[] = [
    ['max-calls', maxCalls],
    ['max-mib-per-hour', maxMibPerHour],
    ['transcript-days', transcriptDays],
    ['archive-days', archiveDays],
    ['audio-hours', audioHours],
  ];
  return [
    ...(redaction === 'none' ? [] : [`redaction ${redaction}`]),
    ...limits.flatMap(([name, value]) => (value === null ? [] : [`${name} ${value}`])),
    ...(addresses.length === 0 ? [] : [`addresses ${addresses.join(',')}`]),
  ];
}
