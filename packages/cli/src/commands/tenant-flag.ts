import { tenantName } from '@turnlog/call-events';
import { envValue } from '@turnlog/service-kit';
import { valueFlag } from '../flags.ts';

/** The name of one tenant. */
export const tenant = envValue('the name of a tenant', (name) =>
  tenantName.safeParse(name).success ? { value: name } : { problem: `got ${JSON.stringify(name)}` },
);

/** Names one tenant. */
export const tenantFlag = { tenant: valueFlag(tenant, '<name>', 'calls of this tenant') };

/** The tenant of a gateway that was given none. */
export const DEFAULT_TENANT = 'default';
