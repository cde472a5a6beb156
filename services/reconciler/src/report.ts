import { type CallKey } from '@turnlog/call-events';
import { classifyDatabaseError, describeDatabaseError } from '@turnlog/call-store';
import { type ApiFailure } from '@turnlog/exotel';
import { describeError, eventLog, type Logger, type Metrics } from '@turnlog/service-kit';
import { type CheckResult } from './carrier/check-call.ts';
import { type PlacementResult } from './carrier/find-placement.ts';

const EVENTS = {
  carrier_report_added: ['info', 'the carrier reported new facts of a call'],
  placement_found: ['info', 'the call of a placement was found'],
  placement_not_found: ['warn', 'a placement has no call'],
  placement_ambiguous: ['warn', 'a placement matches several calls; decide by hand'],
  carrier_api_refused: ['error', "Exotel's API refused the credentials"],
  carrier_api_failed: ['debug', "Exotel's API did not answer"],
  reconciling_failed: ['warn', 'reconciling failed; retrying'],
} as const;

const COUNTERS = {
  checks: ['reconciler_checks_total', 'Questions about calls by result', 'result'],
  placements: ['reconciler_placements_total', 'Searches for placed calls by result', 'result'],
  failures: ['reconciler_api_failures_total', "Questions that Exotel's API did not answer", 'kind'],
  errors: ['reconciler_errors_total', 'Rounds that failed because of Redis or Postgres'],
} as const;

const ADVICE = 'check EXOTEL_ACCOUNT_SID, EXOTEL_API_KEY, EXOTEL_API_TOKEN and EXOTEL_API_URL';

/** Reports the work of the service, in the log and in metrics. No line contains a phone number. */
export class ReconcilerReport {
  readonly #log;
  readonly #count;

  constructor(logger: Logger, metrics: Metrics) {
    this.#log = eventLog(logger, EVENTS);
    this.#count = metrics.counters(COUNTERS);
  }

  onChecked({ callSid }: CallKey, result: CheckResult): void {
    this.#count.checks.inc({ result });
    if (result === 'news') this.#log('carrier_report_added', { call_sid: callSid });
  }

  onPlacement(reference: string, result: PlacementResult): void {
    this.#count.placements.inc({ result });
    if (result === 'found') this.#log('placement_found', { reference });
    if (result === 'not_found') this.#log('placement_not_found', { reference });
    if (result === 'ambiguous') this.#log('placement_ambiguous', { reference });
  }

  onApiFailure(failure: ApiFailure): void {
    const { kind } = failure;
    this.#count.failures.inc({ kind });
    if (kind === 'unauthorised')
      this.#log('carrier_api_refused', { status: failure.status, page: true, todo: ADVICE });
    else this.#log('carrier_api_failed', { kind, ...(kind === 'unavailable' && { detail: failure.reason }) });
  }

  /** Of failures in a row, the first one is a warning. */
  onError(error: unknown, failures = 2): void {
    this.#count.errors.inc();
    const isOfDatabase = classifyDatabaseError(error) !== 'unknown';
    const what = isOfDatabase ? describeDatabaseError(error) : describeError(error).message;
    this.#log('reconciling_failed', { error: what }, failures === 1 ? 'warn' : 'debug');
  }
}
