import { DEFAULT_KEY_SPACE } from '@turnlog/call-log';
import { commonSettings, databaseSettings, described, port, share, wholeNumber } from '@turnlog/service-kit';
import { z } from 'zod';
import { settingMeanings } from './setting-meanings.ts';

const HOUR_MS = 3_600_000;

/** The settings of the persister, by the names of their variables. */
export const configSchema = z.object({
  ...commonSettings(DEFAULT_KEY_SPACE),
  ...databaseSettings,
  ...described(
    {
      HEALTH_PORT: port.default(8082),
      BATCH_CALLS: wholeNumber(1, 1000, 'calls').default(100),
      DATABASE_CONNECTIONS: wholeNumber(1, 100).default(4),
      KEEP_KEYS_MS: wholeNumber(1000, 30 * 24 * HOUR_MS, 'milliseconds').default(HOUR_MS),
      RELEASE_MEMORY_SHARE: share.default(0.75),
      GATHER_LATE_MS: wholeNumber(0, 60_000, 'milliseconds').default(1_500),
      MAX_ROW_BYTES: wholeNumber(1_000_000, 240 * 1024 * 1024, 'bytes').default(64 * 1024 * 1024),
      LOCK_TIMEOUT_MS: wholeNumber(10, 15_000, 'milliseconds').default(1_000),
      COMPARE_EVERY_MS: wholeNumber(1000, HOUR_MS, 'milliseconds').default(600_000),
      CLAIM_IDLE_MS: wholeNumber(1000, HOUR_MS, 'milliseconds').default(15_000),
    },
    settingMeanings,
  ),
});

/** The settings of one persister. */
export type Config = z.infer<typeof configSchema>;
