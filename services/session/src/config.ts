import { DEFAULT_KEY_SPACE } from '@turnlog/call-log';
import { commonSettings, described, port, wholeNumber } from '@turnlog/service-kit';
import { z } from 'zod';
import { settingMeanings } from './setting-meanings.ts';

const milliseconds = wholeNumber(1, 86_400_000, 'milliseconds');

/** The settings of the session service, by the names of their variables. */
export const configSchema = z.object({
  ...commonSettings(DEFAULT_KEY_SPACE),
  ...described(
    {
      HEALTH_PORT: port.default(8081),
      SWEEP_EVERY_MS: milliseconds.default(5_000),
      LOST_AFTER_MS: milliseconds.default(45_000),
      QUIET_AFTER_MS: milliseconds.optional(),
      CHECKPOINT_EVERY_MS: milliseconds.default(30_000),
      CLAIM_IDLE_MS: milliseconds.default(10_000),
      READ_COUNT: wholeNumber(1, 1_000).default(64),
      BLOCK_MS: wholeNumber(10, 60_000, 'milliseconds').default(2_000),
      CACHE_MAX_CALLS: wholeNumber(1, 10_000_000).default(10_000),
      CACHE_MAX_MEGABYTES: wholeNumber(1, 100_000).default(192),
    },
    settingMeanings,
  ),
});

/** The settings of one session service. */
export type Config = z.infer<typeof configSchema>;

/** How long a call without connections may go unseen. */
export function quietAfterMs({ QUIET_AFTER_MS, LOST_AFTER_MS }: Config): number {
  return QUIET_AFTER_MS ?? LOST_AFTER_MS;
}
