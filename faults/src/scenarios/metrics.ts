import { type Context } from './scenario.ts';

const TIMEOUT_MS = 5_000;

/**
 * The sum of a counter over its labels, or over those that match, of one service as it runs now. A service that was
 * started again counts from zero.
 */
export async function readMetric(
  { stack }: Context,
  service: string,
  name: string,
  label = '',
): Promise<number> {
  const { port } = stack.service(service);
  const response = await fetch(`http://127.0.0.1:${port}/metrics`, {
    signal: AbortSignal.timeout(TIMEOUT_MS),
  });
  const lines = (await response.text()).split('\n');
  const matching = lines.filter((line) => new RegExp(`^${name}[{ ]`).test(line) && line.includes(label));
  return matching.reduce((sum, line) => sum + Number(line.split(' ').at(-1)), 0);
}

/** The same, over all services of a kind. */
export async function sumMetric(context: Context, kind: string, name: string, label = ''): Promise<number> {
  const services = context.stack.services.filter((service) => service.kind === kind);
  const values = await Promise.all(services.map((service) => readMetric(context, service.name, name, label)));
  return values.reduce((sum, value) => sum + value, 0);
}
