/** What each setting of the session service means. */
export const settingMeanings = {
  HEALTH_PORT: 'The port of `/healthz`, `/readyz` and `/metrics`.',
  SWEEP_EVERY_MS: 'How often the service looks for lost and quiet calls and for checkpoints that are due.',
  LOST_AFTER_MS: 'How long a gateway may be silent before its calls end as lost; well above `HEARTBEAT_MS`.',
  QUIET_AFTER_MS:
    'How long a call without a connection may be silent before it ends; `LOST_AFTER_MS` by default.',
  CHECKPOINT_EVERY_MS: 'How often a call in progress is written to Postgres.',
  CLAIM_IDLE_MS: 'How long entries of a dead replica wait before another replica claims them.',
  READ_COUNT: 'The most entries of one partition in one read.',
  BLOCK_MS: 'How long a read of the activity feed waits for entries.',
  CACHE_MAX_CALLS: 'The most folded states that are kept in memory.',
  CACHE_MAX_MEGABYTES: 'About how much memory folded states may take.',
};
