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
      if (result === 'news') logger.info({ call_sid: callSid }, 'the carrier knew more of a call');
    },
    onPlacement: (reference: string, result: PlacementResult): void => {
      placements.inc({ result });
      if (result === 'found') logger.info({ reference }, 'a call that may exist was found');
      if (result === 'not_found')
        logger.warn({ reference }, 'a call that may exist was not found: there is none');
      if (result === 'ambiguous') {
        logger.warn({ reference }, 'a call that may exist could be several: it is left to a person');
      }
    },
    onApiFailure: (failure: ApiFailure): void => {
      failures.inc({ kind: failure.kind });
      if (failure.kind === 'unauthorised') {
        const todo = 'check EXOTEL_ACCOUNT_SID, EXOTEL_API_KEY, EXOTEL_API_TOKEN and EXOTEL_API_URL';
        logger.error({ status: failure.status, page: true, todo }, "Exotel's API refuses the credentials");
        return;
      }
      const { kind } = failure;
      const detail = failure.kind === 'unavailable' ? { detail: failure.reason } : {};
      logger.debug({ kind, ...detail }, "Exotel's API did not answer");
    },
    /** Of failures in a row, the first one is a warning. */
    onError: (error: unknown, failures = 2): void => {
      errors.inc();
      const isOfDatabase = classifyDatabaseError(error) !== 'unknown';
      const what = isOfDatabase ? describeDatabaseError(error) : describeError(error).message;
      logger[failures === 1 ? 'warn' : 'debug']({ error: what }, 'reconciling failed, trying again');
    },
  };
}

export type ReconcilerObserver = ReturnType<typeof createReconcilerObserver>;
