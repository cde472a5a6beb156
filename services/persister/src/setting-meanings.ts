/** What each setting of the persister means. */
export const settingMeanings = {
  HEALTH_PORT: 'The port of `/healthz`, `/readyz` and `/metrics`.',
  BATCH_CALLS: 'The most calls in one write to Postgres.',
  DATABASE_CONNECTIONS: 'The connections to Postgres, and so the writes at the same time.',
  KEEP_KEYS_MS: 'How long a call stays in Redis after it is in Postgres.',
  RELEASE_MEMORY_SHARE:
    "Above this share of Redis' `maxmemory`, a persisted call leaves Redis at once; below `MAX_MEMORY_SHARE`.",
  GATHER_LATE_MS: 'How long events after the end of a call are gathered before its row is written again.',
  MAX_ROW_BYTES:
    'The most JSON in the row of one call; a larger call becomes a dead letter that points at its log.',
  LOCK_TIMEOUT_MS:
    'How long a write waits for a row that another transaction has locked, before other calls pass.',
  COMPARE_EVERY_MS: 'How often the calls that Redis marks as persisted are compared with Postgres.',
  CLAIM_IDLE_MS: 'How long entries of a dead replica wait before another replica claims them.',
};
