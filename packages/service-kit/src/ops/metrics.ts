import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from 'prom-client';

/** Name in Prometheus' manner, base unit and all (`persist_duration_seconds`), and what it tells. */
export interface MetricOptions<L extends string> {
  name: string;
  help: string;
  /** Few values each: never a call's id or a phone number. */
  labels?: readonly L[];
}

/** The metrics of one process. A name can be taken once. */
export interface Metrics {
  counter<const L extends string = never>(options: MetricOptions<L>): Counter<L>;
  gauge<const L extends string = never>(options: MetricOptions<L>): Gauge<L>;
  histogram<const L extends string = never>(
    options: MetricOptions<L> & { buckets?: readonly number[] },
  ): Histogram<L>;
  /**
   * A gauge read when it is scraped. Where `read` answers undefined or fails the sample is absent, because unknown is
   * not zero; failures are counted in `metric_read_failures_total{metric}`.
   */
  measuredGauge(options: MetricOptions<never> & { read: () => Promise<number | undefined> }): void;
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
  return {
    contentType: registry.contentType,
    text: () => registry.metrics(),
    counter: (options) => new Counter(withDefaults(options)),
    gauge: (options) => new Gauge(withDefaults(options)),
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

async function orUndefined(
  read: () => Promise<number | undefined>,
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
