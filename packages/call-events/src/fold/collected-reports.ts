import { type EventOf } from '../events/call-event.ts';
import { type JsonValue } from '../text/json.ts';
import { newest, orderOf, type Stamped } from './order.ts';

type Report = EventOf<'data.collected'>;
type Fields = Map<string, Stamped<JsonValue>>;

/** What successive values share: `fields` is made of the first `merged` reports. */
interface Shared {
  readonly reports: Report[];
  readonly fields: Fields;
  merged: number;
}

/**
 * The reports of collected data of a call, as a value: `push` leaves what it was called on as it was, and costs O(1). The
 * newest value of each field is made when it is asked for, of the reports that came since: a copy of the fields for each
 * fold took the square of their number.
 */
export class CollectedReports {
  readonly length: number;
  readonly #shared: Shared;

  private constructor(shared: Shared, length: number) {
    this.#shared = shared;
    this.length = length;
  }

  static of(reports: readonly Report[]): CollectedReports {
    return new CollectedReports({ reports: [...reports], fields: new Map(), merged: 0 }, reports.length);
  }

  push(report: Report): CollectedReports {
    const isNewest = this.#shared.reports.length === this.length;
    if (!isNewest) return CollectedReports.of([...this.toArray(), report]);
    this.#shared.reports.push(report);
    return new CollectedReports(this.#shared, this.length + 1);
  }

  toArray(): Report[] {
    return this.#shared.reports.slice(0, this.length);
  }

  /** The newest value of each field, all reports counted. To be read at once: a later value goes on with the same map. */
  newestFields(): ReadonlyMap<string, Stamped<JsonValue>> {
    const shared = this.#shared;
    if (shared.merged > this.length) return CollectedReports.of(this.toArray()).newestFields();
    for (const report of shared.reports.slice(shared.merged, this.length)) merge(shared.fields, report);
    shared.merged = this.length;
    return shared.fields;
  }
}

function merge(fields: Fields, report: Report): void {
  const order = orderOf(report);
  for (const [name, value] of Object.entries(report.data.fields))
    fields.set(name, newest(fields.get(name), { value, order }));
}
