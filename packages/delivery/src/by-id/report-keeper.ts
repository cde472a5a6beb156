import { callId } from '@turnlog/call-events';
import { type Appender, type AppendOutcome, type AppendRequest } from '@turnlog/call-log';
import { KeptReports, type KeptReportsOptions } from './kept-reports.ts';
import { type Retention } from '../retention/retention.ts';

export interface ReportKeeperOptions extends KeptReportsOptions {
  readonly retention: Retention;
  readonly now: () => number;
}

/** An appender for what comes without a connection: what it has appended is kept until it is in Postgres, or for a while. */
export class ReportKeeper implements Appender {
  readonly #options: ReportKeeperOptions;
  readonly #calls = new Map<string, KeptReports>();

  constructor(options: ReportKeeperOptions) {
    this.#options = options;
  }

  async append(request: AppendRequest): Promise<AppendOutcome> {
    const outcome = await this.#options.appender.append(request);
    if (outcome.outcome === 'ok') {
      const { retention, now } = this.#options;
      const kept = this.#keptOf(request);
      kept.keep(request.events, outcome, now());
      retention.close(kept, now());
    }
    return outcome;
  }

  #keptOf({ call }: AppendRequest): KeptReports {
    const member = callId(call);
    const known = this.#calls.get(member);
    if (known !== undefined) return known;
    const kept = new KeptReports(call, this.#options);
    this.#calls.set(member, kept);
    this.#options.retention.add(kept, () => this.#calls.delete(member));
    return kept;
  }
}
