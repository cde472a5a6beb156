import { DEFAULT_KEY_SPACE } from '@turnlog/call-log';
import { commonSettings, databaseSettings, envValue, port, wholeNumber } from '@turnlog/service-kit';
import { z } from 'zod';

const HOUR_MS = 3_600_000;

const memoryShare = envValue('a number above 0 and up to 1', (text) => {
  const value = /^\d*\.?\d+$/.test(text) ? Number(text) : Number.NaN;
  return value > 0 && value <= 1 ? { value } : { problem: `got ${text}` };
});

/** The settings of the persister, by the names of their variables. */
export const configSchema = z.object({
  ...commonSettings(DEFAULT_KEY_SPACE),
  ...databaseSettings,
  HEALTH_PORT: port.default(8082),
  /** The most calls of one write to Postgres. */
  BATCH_CALLS: wholeNumber(1, 1000, 'calls').default(100),
  DATABASE_CONNECTIONS: wholeNumber(1, 100).default(4),
  /** How long a finished call's keys stay in Redis after it was persisted. */
  KEEP_KEYS_MS: wholeNumber(1000, 30 * 24 * HOUR_MS, 'milliseconds').default(HOUR_MS),
  /** Above this share of its maxmemory Redis does not keep calls that were persisted. Below that at which gateways append no more. */
  RELEASE_MEMORY_SHARE: memoryShare.default(0.75),
  /** How long events that come after the end of a call are gathered before its row is written again; 0 for not at all. */
  GATHER_LATE_MS: wholeNumber(0, 60_000, 'milliseconds').default(1_500),
  /** The most bytes of JSON in the row of one call. A call beyond it is set aside as a dead letter. */
  MAX_ROW_BYTES: wholeNumber(1_000_000, 240 * 1024 * 1024, 'bytes').default(64 * 1024 * 1024),
  /** How long a write waits for a row that another transaction holds, before others pass. */
  LOCK_TIMEOUT_MS: wholeNumber(10, 15_000, 'milliseconds').default(1_000),
  /** How often what Redis says is persisted is compared with Postgres, without a reason to doubt it. */
  COMPARE_EVERY_MS: wholeNumber(1000, HOUR_MS, 'milliseconds').default(600_000),
  /** How long a delivery is left with a replica that says nothing before another one takes it. */
  CLAIM_IDLE_MS: wholeNumber(1000, HOUR_MS, 'milliseconds').default(15_000),
});
