import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { type AddressInfo } from 'node:net';
import { type Lifecycle } from '../lifecycle/lifecycle.ts';
import { describeError } from '../log/describe-error.ts';
import { type Health } from './health.ts';
import { type Metrics } from './metrics.ts';
import { type ReadinessCheck } from './readiness-check.ts';

/** What the ops endpoints of a service need. */
interface OpsServerOptions {
  readonly health: Health;
  readonly metrics: Metrics;
  readonly port: number;
  /** The address to listen on; all of them by default. */
  readonly host?: string | undefined;
}

interface OpsOptions extends Pick<OpsServerOptions, 'health' | 'metrics'> {
  readonly lifecycle: Pick<Lifecycle, 'onStop'>;
  readonly config: { readonly HEALTH_PORT: number; readonly HEALTH_HOST?: string | undefined };
}

interface Answer {
  readonly status: number;
  readonly contentType: string;
  readonly body: string;
}

/** Serves health and metrics until the service stops. Resolves with the port; rejects if it is in use. */
export async function startOps({ lifecycle, config, ...served }: OpsOptions): Promise<number> {
  const { HEALTH_PORT: port, HEALTH_HOST: host } = config;
  const ops = await startOpsServer({ ...served, port, host });
  lifecycle.onStop('ops server', () => ops.close());
  return ops.port;
}

/** Passes when Redis answers a ping. */
export function answersPing(redis: { ping(): Promise<unknown> }): ReadinessCheck {
  return async () => {
    await redis.ping();
    return { ok: true };
  };
}

/** A server of `/healthz`, `/readyz` and `/metrics`. Its `close` drops what is open: a probe is not worth waiting for. */
export async function startOpsServer({ health, metrics, port, host }: OpsServerOptions) {
  const routes = new Map<string, () => Answer | Promise<Answer>>([
    ['/healthz', () => livenessAnswer(health)],
    ['/readyz', () => readinessAnswer(health)],
    ['/metrics', () => metricsAnswer(metrics)],
  ]);
  const server = createServer((request, response) => {
    const route = routes.get((request.url ?? '').split('?', 1)[0] ?? '');
    answer(request, response, route).catch(() => response.destroy());
  }).listen({ port, ...(host !== undefined && { host }) });
  await once(server, 'listening');
  return {
    port: (server.address() as AddressInfo).port,
    close: async (): Promise<void> => {
      const closed = once(server, 'close');
      server.close();
      server.closeAllConnections();
      await closed;
    },
  };
}

async function answer(
  { method }: IncomingMessage,
  response: ServerResponse,
  route: (() => Answer | Promise<Answer>) | undefined,
): Promise<void> {
  const isAllowed = method === 'GET' || method === 'HEAD';
  if (route !== undefined && !isAllowed) response.setHeader('allow', 'GET, HEAD');
  const { status, contentType, body } =
    route === undefined
      ? json(404, { error: 'not found' })
      : isAllowed
        ? await route()
        : json(405, { error: 'use GET' });
  response.setHeader('cache-control', 'no-store');
  response.writeHead(status, { 'content-type': contentType, 'content-length': Buffer.byteLength(body) });
  response.end(body);
}

function livenessAnswer(health: Health): Answer {
  const report = health.liveness();
  return json(report.status === 'alive' ? 200 : 503, report);
}

async function readinessAnswer(health: Health): Promise<Answer> {
  const report = await health.readiness();
  return json(report.status === 'ready' ? 200 : 503, report);
}

async function metricsAnswer(metrics: Metrics): Promise<Answer> {
  try {
    return { status: 200, contentType: metrics.contentType, body: await metrics.text() };
  } catch (error) {
    return json(500, { error: describeError(error).message });
  }
}

function json(status: number, body: unknown): Answer {
  return { status, contentType: 'application/json; charset=utf-8', body: `${JSON.stringify(body)}\n` };
}
