import { tenantName } from '@turnlog/call-events';
import { DEFAULT_KEY_SPACE } from '@turnlog/call-log';
import { DEFAULT_UTC_OFFSET_MINUTES, parseUtcOffset } from '@turnlog/exotel';
import {
  commonSettings,
  databaseSettings,
  described,
  envValue,
  httpUrl,
  port,
  wholeNumber,
} from '@turnlog/service-kit';
import { z } from 'zod';
import { settingMeanings } from './setting-meanings.ts';

const MINUTE_MS = 60_000;
const DAY_MS = 24 * 60 * MINUTE_MS;

const milliseconds = (min: number, max: number) => wholeNumber(min, max, 'milliseconds');

/** The problem does not quote it, because it may be a secret in the wrong place. */
const credential = envValue('letters, digits and . : _ -', (text) =>
  /^[\w.:-]{1,200}$/.test(text) ? { value: text } : { problem: `got ${text.length} characters` },
);

const utcOffset = envValue('an offset from UTC such as +05:30', (text) => {
  const minutes = parseUtcOffset(text);
  return minutes === undefined ? { problem: `got ${JSON.stringify(text.slice(0, 80))}` } : { value: minutes };
});

const currency = envValue('the three letters of a currency, such as INR', (text) =>
  /^[A-Za-z]{3}$/.test(text)
    ? { value: text.toUpperCase() }
    : { problem: `got ${JSON.stringify(text.slice(0, 80))}` },
);

const CREDENTIALS = ['EXOTEL_ACCOUNT_SID', 'EXOTEL_API_KEY', 'EXOTEL_API_TOKEN'] as const;

/** The settings of the reconciler, by the names of their variables. */
export const configSchema = z
  .object({
    ...commonSettings(DEFAULT_KEY_SPACE),
    ...databaseSettings,
    ...described(
      {
        HEALTH_PORT: port.default(8083),
        TENANT: tenantName.default('default'),
        EXOTEL_ACCOUNT_SID: credential.optional(),
        EXOTEL_API_KEY: credential.optional(),
        EXOTEL_API_TOKEN: credential.optional(),
        EXOTEL_API_URL: httpUrl.default('https://api.in.exotel.com'),
        EXOTEL_TIMEOUT_MS: milliseconds(100, MINUTE_MS).default(15_000),
        EXOTEL_REQUESTS_PER_MINUTE: wholeNumber(1, 10_000).default(100),
        CARRIER_UTC_OFFSET: utcOffset.default(DEFAULT_UTC_OFFSET_MINUTES),
        CARRIER_CURRENCY: currency.optional(),
        RECONCILE_EVERY_MS: milliseconds(10, DAY_MS).default(5_000),
        CHECK_AFTER_MS: milliseconds(1, DAY_MS).default(3 * MINUTE_MS),
        RECHECK_AFTER_MS: milliseconds(1, DAY_MS).default(15 * MINUTE_MS),
        LOOKBACK_MS: milliseconds(MINUTE_MS, 30 * DAY_MS).default(DAY_MS),
      },
      settingMeanings,
    ),
  })
  .superRefine((env, context) => {
    const missing = CREDENTIALS.filter((name) => env[name] === undefined);
    if (missing.length === 0 || missing.length === CREDENTIALS.length) return;
    for (const name of missing) {
      context.addIssue({
        code: 'custom',
        path: [name],
        message: 'expected a value, as others of the three are set',
      });
    }
  });

/** The settings of one reconciler. */
export type Config = z.infer<typeof configSchema>;
