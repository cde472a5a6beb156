import { callId } from '@turnlog/call-events';
import { type Appender, type AppendOutcome, type AppendRequest } from '@turnlog/call-log';
import { type Retention } from '../retention/retention.ts';
import { RetainedReports, type RetainedReportsOptions } from './retained-reports.ts';

/** What a {@link ReportProducer} needs. */
export interface ReportProducerOptions extends RetainedReportsOptions {
  readonly retention: Retention;
  readonly now: () => number;
}

/** Appends events that come without a connection, and retains them until Postgres has them, or for a while. */
export class ReportProducer implements Appender {
  readonly #options: ReportProducerOptions;
  readonly #calls = new Map<string, RetainedReports>();

  constructor(options: ReportProducerOptions) {
    this.#options = options;
  }

  async append(request: AppendRequest): Promise<AppendOutcome> {
    const { appender, retention, now } = this.#options;
    const outcome = await appender.append(request);
    if (outcome.outcome === 'ok') {
      const reports = this.#reportsOf(request);
      reports.retain(request.events, outcome, now());
      retention.close(reports, now());
    }
    return outcome;
  }

  #reportsOf({ call }: AppendRequest): RetainedReports {
    const id = callId(call);
    const known = this.#calls.get(id);
    if (known !== undefined) return known;
    const reports = new RetainedReports(call, this.#options);
    this.#calls.set(id, reports);
    this.#options.retention.add(reports, () => this.#calls.delete(id));
    return reports;
  }
}
