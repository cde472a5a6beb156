import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from 'prom-client';

/** Name in Prometheus' manner, base unit and all (`persist_duration_seconds`), and what it tells. */
export interface MetricOptions<L extends string> {
  name: string;
  help: string;
  /** Few values each: never a call's id or a phone number. */
  labels?: readonly L[];
}

/** A counter in a table: its name, what it tells, and its labels. */
export type CounterRow = readonly [name: string, help: string, ...labels: string[]];

type CounterTable = Readonly<Record<string, CounterRow>>;

/** The counters of a table, by the names that its rows have in the code. */
type Counters<T> = { readonly [K in keyof T]: Counter<LabelOf<T[K]>> };

type LabelOf<Row> = Row extends readonly [string, string, ...infer L extends readonly string[]]
  ? L[number]
  : never;

/** A count, or one for each value of a label. */
type Count = number | Readonly<Record<string, number>>;

/** The metrics of one process. A name can be taken once. */
export interface Metrics {
  counter<const L extends string = never>(options: MetricOptions<L>): Counter<L>;
  counters<const T extends CounterTable>(table: T): Counters<T>;
  /** Counters that are read from `counts` when they are scraped: for paths that can't afford a labelled counter. */
  measuredCounters<const T extends CounterTable>(table: T, counts: Readonly<Record<keyof T, Count>>): void;
  histogram<const L extends string = never>(
    options: MetricOptions<L> & { buckets?: readonly number[] },
  ): Histogram<L>;
  /**
   * A gauge read when it is scraped. Where `read` answers undefined or fails the sample is absent, because unknown is
   * not zero; failures are counted in `metric_read_failures_total{metric}`.
   */
  measuredGauge(
    options: MetricOptions<never> & { read: () => number | undefined | Promise<number | undefined> },
  ): void;
  /** The `Content-Type` of `text`. */
  readonly contentType: string;
  /** Everything, in Prometheus' text format. */
  text(): Promise<string>;
}

/** From 1 ms to 30 s: for anything from a Redis round trip to a batch that waited for Postgres. */
const LATENCY_BUCKETS_SECONDS: readonly number[] = [
  0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30,
];

/** A registry of its own, labelled `service`, with the process' memory, CPU, event loop lag and GC in it. */
export function createMetrics(service: string): Metrics {
  const registry = new Registry();
  registry.setDefaultLabels({ service });
  collectDefaultMetrics({ register: registry });
  const withDefaults = <L extends string>({ name, help, labels = [] }: MetricOptions<L>) => ({
    name,
    help,
    labelNames: labels,
    registers: [registry],
  });
  const readFailures = new Counter(
    withDefaults({
      name: 'metric_read_failures_total',
      help: 'Scrapes at which a measured gauge could not be read',
      labels: ['metric'],
    }),
  );
  const optionsOf = <T extends CounterRow>([name, help, ...labels]: T) =>
    withDefaults({ name, help, labels: labels as LabelOf<T>[] });
  return {
    contentType: registry.contentType,
    text: () => registry.metrics(),
    counter: (options) => new Counter(withDefaults(options)),
    counters: <T extends CounterTable>(table: T) =>
      Object.fromEntries(
        Object.entries(table).map(([key, row]) => [key, new Counter(optionsOf(row))]),
      ) as Counters<T>,
    measuredCounters<T extends CounterTable>(table: T, counts: Readonly<Record<keyof T, Count>>) {
      for (const [key, row] of Object.entries(table)) {
        new Counter({
          ...optionsOf(row),
          collect() {
            setTo(this, counts[key as keyof T], row[2]);
          },
        });
      }
    },
    histogram: ({ buckets = LATENCY_BUCKETS_SECONDS, ...options }) =>
      new Histogram({ ...withDefaults(options), buckets: [...buckets] }),
    measuredGauge({ read, ...options }) {
      const onFailure = () => readFailures.inc({ metric: options.name });
      new Gauge({
        ...withDefaults(options),
        async collect() {
          setOrForget(this, await orUndefined(read, onFailure));
        },
      });
    },
  };
}

function setTo(counter: Counter, count: Count, label = ''): void {
  counter.reset();
  if (typeof count === 'number') counter.inc(count);
  else for (const [value, n] of Object.entries(count)) counter.inc({ [label]: value }, n);
}

async function orUndefined(
  read: () => number | undefined | Promise<number | undefined>,
  onFailure: () => void,
): Promise<number | undefined> {
  try {
    return await read();
  } catch {
    onFailure();
    return undefined;
  }
}

function setOrForget(gauge: Gauge, value: number | undefined): void {
  if (value === undefined) gauge.remove();
  else gauge.set(value);
}
