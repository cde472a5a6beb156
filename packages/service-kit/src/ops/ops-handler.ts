import { type IncomingMessage, type ServerResponse } from 'node:http';
import { describeError } from '../log/describe-error.ts';
import { type Health } from './health.ts';
import { type Metrics } from './metrics.ts';

/** Answers a request for `/healthz`, `/readyz` or `/metrics`; false, and nothing touched, for any other path. */
export type OpsHandler = (request: IncomingMessage, response: ServerResponse) => Promise<boolean>;

interface Answer {
  status: number;
  contentType: string;
  body: string;
}

/** The handler of the three endpoints, for a server of their own or to be asked first on another. Never rejects. */
export function createOpsHandler({ health, metrics }: { health: Health; metrics: Metrics }): OpsHandler {
  const routes = new Map<string, () => Promise<Answer>>([
    ['/healthz', () => Promise.resolve(livenessAnswer(health))],
    ['/readyz', () => readinessAnswer(health)],
    ['/metrics', () => metricsAnswer(metrics)],
  ]);
  return async (request, response) => {
    const route = routes.get(pathOf(request));
    if (!route) return false;
    const isAllowed = request.method === 'GET' || request.method === 'HEAD';
    if (!isAllowed) response.setHeader('allow', 'GET, HEAD');
    send(response, isAllowed ? await route() : json(405, { error: 'use GET' }));
    return true;
  };
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

function send(response: ServerResponse, { status, contentType, body }: Answer): void {
  const headers = {
    'content-type': contentType,
    'content-length': Buffer.byteLength(body),
    'cache-control': 'no-store',
  };
  response.writeHead(status, headers).end(body);
}

function pathOf(request: IncomingMessage): string {
  return (request.url ?? '').split('?', 1)[0] ?? '';
}
