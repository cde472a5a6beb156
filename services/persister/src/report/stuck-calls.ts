import { type CheckOutcome, type Health, type Metrics } from '@turnlog/service-kit';

/** Calls that can't be written, for readiness and metrics. */
export interface StuckCalls {
  readonly calls: number;
  readonly oldestMs: number;
  /** Of the one that waits longest. */
  readonly cause: string | undefined;
}

/** A call that could not be written for so long needs attention. */
const STUCK_AFTER_MS = 60_000;

/** Shows calls that can't be written, while others are, in readiness and figures. */
export function reportStuckCalls(
  persister: { stuck(): StuckCalls },
  { health, metrics }: { readonly health: Health; readonly metrics: Metrics },
): void {
  health.readinessCheck('stuck calls', () => Promise.resolve(checkStuckCalls(persister.stuck())));
  metrics.measuredGauge({
    name: 'persist_stuck_calls',
    help: 'Calls that failed alone and are tried again, while others are persisted',
    read: () => Promise.resolve(persister.stuck().calls),
  });
  metrics.measuredGauge({
    name: 'persist_stuck_oldest_seconds',
    help: 'How long the oldest of these calls has failed',
    read: () => Promise.resolve(persister.stuck().oldestMs / 1000),
  });
}

/** Not ready once a call has failed for a minute. */
function checkStuckCalls({ calls, oldestMs, cause }: StuckCalls): CheckOutcome {
  if (oldestMs <= STUCK_AFTER_MS) return { ok: true };
  const seconds = Math.round(oldestMs / 1000);
  return { ok: false, reason: `${calls} call(s) can't be written, for up to ${seconds} s: ${cause}` };
}
