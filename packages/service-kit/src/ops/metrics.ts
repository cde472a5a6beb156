import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from 'prom-client';

/** A counter in a table: its name, what it counts, and its labels, which have few values: never a call's id or a phone number. */
export type CounterRow = readonly [name: string, help: string, ...labels: string[]];

type CounterTable = Readonly<Record<string, CounterRow>>;
/** The counters of a table, by the names that its rows have in the code. */
type Counters<T> = { readonly [K in keyof T]: Counter<LabelOf<T[K]>> };
type LabelOf<Row> = Row extends readonly [string, string, ...infer L extends readonly string[]]
  ? L[number]
  : never;

/** A count, or one for each value of a label. */
type Count = number | Readonly<Record<string, number>>;
type Reading = number | undefined;

/** Gauges by name: what they show, and how it is read. */
type GaugeTable = Readonly<Record<string, readonly [help: string, read: () => Reading | Promise<Reading>]>>;

/** From 1 ms to 30 s: for anything from a Redis round trip to a batch that waited for Postgres. */
const LATENCY_BUCKETS_SECONDS: readonly number[] = [
  0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30,
];

/** The metrics of one process, those of Node included, each with the label `service`. A name can be used once. */
export class Metrics {
  readonly #registry = new Registry();
  readonly #readFailures: Counter<'metric'>;

  constructor(service: string) {
    this.#registry.setDefaultLabels({ service });
    collectDefaultMetrics({ register: this.#registry });
    this.#readFailures = this.counters({
      failures: [
        'metric_read_failures_total',
        'Scrapes at which a measured gauge could not be read',
        'metric',
      ],
    }).failures;
  }

  /** The `Content-Type` of {@link text}. */
  get contentType(): string {
    return this.#registry.contentType;
  }

  /** All metrics, in the text format of Prometheus. */
  text(): Promise<string> {
    return this.#registry.metrics();
  }

  counters<const T extends CounterTable>(table: T): Counters<T> {
    const entries = Object.entries(table).map(([key, row]) => [key, new Counter(this.#optionsOf(row))]);
    return Object.fromEntries(entries) as Counters<T>;
  }

  /** Counters that are read from `counts` when they are scraped: for paths that cannot afford a labelled counter. */
  measuredCounters<const T extends CounterTable>(table: T, counts: Readonly<Record<keyof T, Count>>): void {
    for (const [key, row] of Object.entries(table)) {
      new Counter({
        ...this.#optionsOf(row),
        collect() {
          setTo(this, counts[key as keyof T], row[2]);
        },
      });
    }
  }

  histogram(name: string, help: string, buckets = LATENCY_BUCKETS_SECONDS): Histogram {
    return new Histogram({ name, help, buckets: [...buckets], registers: [this.#registry] });
  }

  /**
   * Gauges that are read when they are scraped. If a value is unknown or its read fails, the sample is absent, because
   * unknown is not zero; failures are counted in `metric_read_failures_total{metric}`.
   */
  gauges(table: GaugeTable): void {
    for (const [name, [help, read]] of Object.entries(table)) {
      const readOrCount = async (): Promise<Reading> => {
        try {
          return await read();
        } catch {
          this.#readFailures.inc({ metric: name });
          return undefined;
        }
      };
      new Gauge({
        name,
        help,
        registers: [this.#registry],
        async collect() {
          const value = await readOrCount();
          if (value === undefined) this.remove();
          else this.set(value);
        },
      });
    }
  }

  #optionsOf([name, help, ...labelNames]: CounterRow) {
    return { name, help, labelNames, registers: [this.#registry] };
  }
}

function setTo(counter: Counter, count: Count, label = ''): void {
  counter.reset();
  if (typeof count === 'number') counter.inc(count);
  else for (const [value, n] of Object.entries(count)) counter.inc({ [label]: value }, n);
}
