import { type CallKey } from '@turnlog/call-events';
import { classifyDatabaseError, describeDatabaseError } from '@turnlog/call-store';
import { type ApiFailure } from '@turnlog/exotel';
import { describeError, type Logger, type Metrics } from '@turnlog/service-kit';
import { type CheckResult } from './carrier/check-call.ts';
import { type PlacementResult } from './carrier/find-placement.ts';

/** What the service is told of its work, as metrics and log lines. No line tells a number. */
export function createReconcilerObserver(logger: Logger, metrics: Metrics) {
  const checks = metrics.counter({
    name: 'reconciler_checks_total',
    help: 'Questions about calls by what they came to',
    labels: ['result'],
  });
  const placements = metrics.counter({
    name: 'reconciler_placements_total',
    help: 'Searches for placed calls by what they came to',
    labels: ['result'],
  });
  const failures = metrics.counter({
    name: 'reconciler_api_failures_total',
    help: "Questions that Exotel's API did not answer",
    labels: ['kind'],
  });
  const errors = metrics.counter({
    name: 'reconciler_errors_total',
    help: 'Rounds that Redis or Postgres broke off',
  });

  return {
    onChecked: ({ callSid }: CallKey, result: CheckResult): void => {
      checks.inc({ result });
      if (result === 'news')
        logger.info(
          { event: 'carrier_report_added', call_sid: callSid },
          'the carrier reported new facts of a call',
        );
    },
    onPlacement: (reference: string, result: PlacementResult): void => {
      placements.inc({ result });
      if (result === 'found')
        logger.info({ event: 'placement_found', reference }, 'the call of a placement was found');
      if (result === 'not_found')
        logger.warn({ event: 'placement_not_found', reference }, 'a placement has no call');
      if (result === 'ambiguous') {
        logger.warn(
          { event: 'placement_ambiguous', reference },
          'a placement matches several calls; decide by hand',
        );
      }
    },
    onApiFailure: (failure: ApiFailure): void => {
      failures.inc({ kind: failure.kind });
      if (failure.kind === 'unauthorised') {
        const todo = 'check EXOTEL_ACCOUNT_SID, EXOTEL_API_KEY, EXOTEL_API_TOKEN and EXOTEL_API_URL';
        logger.error(
          { event: 'carrier_api_refused', status: failure.status, page: true, todo },
          "Exotel's API refused the credentials",
        );
        return;
      }
      const { kind } = failure;
      const detail = failure.kind === 'unavailable' ? { detail: failure.reason } : {};
      logger.debug({ event: 'carrier_api_failed', kind, ...detail }, "Exotel's API did not answer");
    },
    /** Of failures in a row, the first one is a warning. */
    onError: (error: unknown, failures = 2): void => {
      errors.inc();
      const isOfDatabase = classifyDatabaseError(error) !== 'unknown';
      const what = isOfDatabase ? describeDatabaseError(error) : describeError(error).message;
      logger[failures === 1 ? 'warn' : 'debug'](
        { event: 'reconciling_failed', error: what },
        'reconciling failed; retrying',
      );
    },
  };
}

export type ReconcilerObserver = ReturnType<typeof createReconcilerObserver>;
