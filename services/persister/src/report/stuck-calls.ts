import { type CheckOutcome, type Health, type Metrics } from '@turnlog/service-kit';

/** Calls that cannot be written, for readiness and metrics. */
export interface StuckCalls {
  readonly calls: number;
  readonly oldestMs: number;
  /** Of the one that waits longest. */
  readonly cause: string | undefined;
}

/** A call that could not be written for so long needs attention. */
const STUCK_AFTER_MS = 60_000;

/** Shows calls that cannot be written, while others are, in readiness and metrics. */
export function reportStuckCalls(
  persister: { stuck(): StuckCalls },
  { health, metrics }: { readonly health: Health; readonly metrics: Metrics },
): void {
  health.readinessCheck('stuck calls', () => checkStuckCalls(persister.stuck()));
  metrics.gauges({
    persist_stuck_calls: [
      'Calls that failed alone and are retried, while others are persisted',
      () => persister.stuck().calls,
    ],
    persist_stuck_oldest_seconds: [
      'How long the oldest of these calls has failed',
      () => persister.stuck().oldestMs / 1000,
    ],
  });
}

/** Not ready once a call has failed for a minute. */
function checkStuckCalls({ calls, oldestMs, cause }: StuckCalls): CheckOutcome {
  if (oldestMs <= STUCK_AFTER_MS) return { ok: true };
  const seconds = Math.round(oldestMs / 1000);
  return { ok: false, reason: `${calls} call(s) can't be written, for up to ${seconds} s: ${cause}` };
}
