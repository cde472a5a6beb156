import { type Logger } from '@turnlog/service-kit';
import { type GatewayMetrics } from './metrics.ts';
import {
  type AppendObserver,
  type DeliveryResult,
  type ProducerObserver,
  type ReportObserver,
} from '@turnlog/delivery';

/** Attempts at which a failing append is worth a line: 1, 2, 4, 8 … */
const isPowerOfTwo = (attempt: number): boolean => (attempt & (attempt - 1)) === 0;

/** Observes all appends of a gateway. */
export type GatewayObserver = ProducerObserver & ReportObserver;

/** Counts and logs the results of appends, and notes whether Redis accepts any. */
export function observeAppends(
  metrics: GatewayMetrics,
  writes: Required<Pick<AppendObserver, 'onStalled' | 'onAnswered'>>,
  logger: Logger,
): GatewayObserver {
  return {
    onStalled: (error) => writes.onStalled(error),
    onAnswered: () => writes.onAnswered(),
    onResult: (result) => metrics.events.inc({ via: 'socket', result: labelOf(result) }),
    onRetry: ({ call, attempt, error }) => {
      metrics.retries.inc();
      const fields = { call_sid: call.callSid, attempt: attempt + 1, err: error };
      if (isPowerOfTwo(attempt + 1))
        logger.warn(
          { event: 'events_retried', ...fields },
          'events are not acknowledged; sending them again',
        );
    },
    onGap: ({ call, expected, lost }) => {
      metrics.gaps.inc({ via: 'socket' });
      const fields = { call_sid: call.callSid, expected, not_at_hand: lost };
      logger.warn(
        { event: 'redis_lost_events', ...fields },
        'Redis lost acknowledged events; sending them again',
      );
    },
    onRestored: ({ call, events }) => {
      metrics.gaps.inc({ via: 'http' });
      const fields = { call_sid: call.callSid, events };
      logger.warn(
        { event: 'redis_lost_reports_restored', ...fields },
        'Redis had lost acknowledged reports; it has them again',
      );
    },
  };
}

/** A conflict has its own label: its cause is an agent that contradicts itself, and not a limit. */
function labelOf(result: DeliveryResult): string {
  const isConflict = result.status === 'refused' && result.reason === 'conflict';
  return isConflict ? 'conflict' : result.status;
}
