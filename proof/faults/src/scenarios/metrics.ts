import { type Context } from './scenario.ts';

const TIMEOUT_MS = 5_000;

/** Reads a figure: the sum of a counter over its labels, or over those that match. */
export type ReadFigure = (name: string, label?: string) => number;

/** All figures of one service at one moment. A restarted service counts from zero. */
export async function readMetrics({ stack }: Context, service: string): Promise<ReadFigure> {
  const { healthPort } = stack.service(service);
  const response = await fetch(`http://127.0.0.1:${healthPort}/metrics`, {
    signal: AbortSignal.timeout(TIMEOUT_MS),
  });
  const lines = (await response.text()).split('\n');
  return (name, label = '') => {
    const matching = lines.filter((line) => new RegExp(`^${name}[{ ]`).test(line) && line.includes(label));
    return matching.reduce((sum, line) => sum + Number(line.split(' ').at(-1)), 0);
  };
}

/** One figure of one service. */
export async function readMetric(
  context: Context,
  service: string,
  name: string,
  label?: string,
): Promise<number> {
  const read = await readMetrics(context, service);
  return read(name, label);
}

/** The same, over all services of a kind. */
export async function sumMetric(context: Context, kind: string, name: string, label = ''): Promise<number> {
  const services = context.stack.services.filter((service) => service.kind === kind);
  const values = await Promise.all(services.map((service) => readMetric(context, service.name, name, label)));
  return values.reduce((sum, value) => sum + value, 0);
}
