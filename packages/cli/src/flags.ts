import { tenantName } from '@turnlog/call-events';
import { envValue, postgresUrl, redisUrl, type EnvValue } from '@turnlog/service-kit/config';

/** A flag that takes a value, `--last <n>`; a list may be repeated, `--spool <folder> --spool <folder>`. */
export interface ValueFlag<T, Kind = 'value'> {
  readonly kind: Kind;
  readonly schema: EnvValue<T>;
  readonly placeholder: string;
  readonly help: string;
  /** The value of the flag without one. */
  readonly bare?: string;
}

/** A flag without a value. */
export interface SwitchFlag {
  readonly kind: 'switch';
  readonly help: string;
}

/** The flags of a command, by their names without the dashes. */
export type Flags = Readonly<Record<string, ValueFlag<unknown, 'value' | 'list'> | SwitchFlag>>;

/** The values of flags: a value or undefined, values in their order, and true or false for a switch. */
export type FlagValues<F extends Flags> = {
  readonly [K in keyof F]: F[K] extends ValueFlag<infer T>
    ? T | undefined
    : F[K] extends ValueFlag<infer T, 'list'>
      ? readonly T[]
      : boolean;
};

/** A flag whose value has this schema; `bare` is its value if none is given. */
export function valueFlag<T>(
  schema: EnvValue<T>,
  placeholder: string,
  help: string,
  more: { readonly bare?: string } = {},
): ValueFlag<T> {
  return { kind: 'value', schema, placeholder, help, ...more };
}

/** A flag that may be repeated; each value has this schema. */
export function listFlag<T>(schema: EnvValue<T>, placeholder: string, help: string): ValueFlag<T, 'list'> {
  return { kind: 'list', schema, placeholder, help };
}

/** A flag without a value. */
export function switchFlag(help: string): SwitchFlag {
  return { kind: 'switch', help };
}

/** Any text but an empty one. */
export const text: EnvValue<string> = envValue('some text', (value) =>
  value === '' ? { problem: 'got nothing' } : { value },
);

/** The name of one tenant. */
export const tenant = envValue('the name of a tenant', (name) =>
  tenantName.safeParse(name).success ? { value: name } : { problem: `got ${JSON.stringify(name)}` },
);

/** The default tenant of a gateway. */
export const DEFAULT_TENANT = 'default';

/** Names one tenant. */
export const tenantFlag = { tenant: valueFlag(tenant, '<name>', 'calls of this tenant') };

/** The data folder of the local stack. */
export const dataFlags = {
  data: valueFlag(text, '<folder>', 'data folder of the local stack; .data of the repository by default'),
};

/** How to find Redis. */
export const redisFlags = {
  redis: valueFlag(redisUrl, '<url>', 'Redis; REDIS_URL or the local stack by default'),
  ...dataFlags,
};

/** How to find Postgres. */
export const databaseFlags = {
  database: valueFlag(postgresUrl, '<url>', 'Postgres; DATABASE_URL or the local stack by default'),
  ...dataFlags,
};
