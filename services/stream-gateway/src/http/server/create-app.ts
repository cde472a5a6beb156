import { type Logger } from '@turnlog/service-kit';
import {
  fastify,
  type FastifyInstance,
  type FastifyRequest,
  type FastifySchemaCompiler,
  type RouteOptions,
} from 'fastify';
import { type z } from 'zod';
import { type Gatekeeper } from '../../auth/gatekeeper.ts';
import { problem, send, unread, type Answer } from '../answers/answer.ts';
import { admissionRefused } from '../answers/refusals.ts';
import { requestProblem, UnsupportedEncodingError } from '../answers/request-problem.ts';
import { type Refusals } from '../../report/refusals.ts';
import { endpointsOf, openApiDocument } from '../openapi/openapi-document.ts';
import { anyJson, type Operation } from '../openapi/operation.ts';

export interface AppOptions {
  readonly logger: Logger;
  readonly gatekeeper: Gatekeeper;
  /** How long the head of a request may take. */
  readonly handshakeTimeoutMs: number;
  readonly addEndpoints: (http: FastifyInstance) => void;
  readonly refusals: Refusals;
}

/** The HTTP of a gateway, which does not listen yet. */
export interface App {
  readonly http: FastifyInstance;
  /** The answer for an unknown path: it lists the endpoints. */
  readonly notFound: Answer;
}

const NOT_FOUND = {
  code: 'not_found',
  message: 'this path does not exist; "endpoints" lists those that do, GET /openapi.json describes them',
};
const REQUEST_TIMEOUT_MS = 30_000;
const KEEP_ALIVE_TIMEOUT_MS = 5_000;
const MAX_HEADER_BYTES = 16 * 1024;
/** How often Node looks for connections that are too slow. */
const CHECK_EVERY_MS = 1_000;

/** Adds the endpoints, and the hooks and answers that they share. */
export async function createApp(options: AppOptions): Promise<App> {
  const { logger, gatekeeper } = options;
  const http = createInstance(options.handshakeTimeoutMs);
  const routes: RouteOptions[] = [];
  http.addHook('onRoute', (route) => void routes.push(route));
  http.addHook('onRequest', (request, reply, done) => {
    const peer = gatekeeper.refusePeer(request.socket.remoteAddress);
    if (peer !== undefined) send(reply, unread(admissionRefused(peer)));
    else if (request.is404) send(reply, methodNotAllowed(request, routes) ?? notFound);
    else done();
  });
  http.addHook('onResponse', (request, reply, done) => {
    const kind = request.url.startsWith('/webhooks/') ? 'callback' : 'http';
    if (reply.refusal !== undefined) options.refusals.count(`${kind}.${reply.refusal}`);
    done();
  });
  takeBodiesAsBytes(http);
  http.setErrorHandler((err, request, reply) => {
    const answer = requestProblem(err, request);
    if (answer === undefined) logger.error({ event: 'request_failed', err }, 'request failed');
    return send(reply, answer ?? problem(500, 'internal', 'the request failed; send it again'));
  });
  http.get('/openapi.json', { schema: openApiOperation }, (_request, reply) =>
    send(reply, { status: 200, body: openApi }),
  );
  options.addEndpoints(http);
  await http.ready();
  const openApi = openApiDocument(routes);
  const notFound = { status: 404, body: { error: NOT_FOUND, endpoints: endpointsOf(openApi) } };
  return { http, notFound };
}

function createInstance(handshakeTimeoutMs: number): FastifyInstance {
  const http = fastify({
    http: {
      headersTimeout: handshakeTimeoutMs,
      connectionsCheckingInterval: Math.min(CHECK_EVERY_MS, handshakeTimeoutMs),
      maxHeaderSize: MAX_HEADER_BYTES,
    },
    requestTimeout: Math.max(REQUEST_TIMEOUT_MS, handshakeTimeoutMs),
    keepAliveTimeout: KEEP_ALIVE_TIMEOUT_MS,
    // Requests that arrived before the stop are answered, and then their connections are closed.
    return503OnClosing: false,
    // A HEAD of a webhook would record its callback.
    exposeHeadRoutes: false,
    routerOptions: { ignoreTrailingSlash: true, maxParamLength: MAX_HEADER_BYTES },
    rewriteUrl: ({ url = '' }) => withDecodablePath(url),
  });
  // Node then answers requests that are not HTTP itself.
  http.server.removeAllListeners('clientError');
  // Exotel may send the fields of a call in the body of a GET.
  http.addHttpMethod('GET', { hasBody: true, overrideExisting: true });
  http.decorateReply('refusal', undefined);
  http.decorateRequest('tenant', '');
  http.decorateRequest('address', undefined);
  http.setValidatorCompiler(validateWithZod);
  http.setSerializerCompiler(() => JSON.stringify);
  return http;
}

/** Replaces what can't be decoded in a path by a NUL, which no endpoint accepts, so that its route answers and not fastify. */
function withDecodablePath(url: string): string {
  const [path = ''] = url.split('?', 1);
  try {
    decodeURIComponent(path);
    return url;
  } catch {
    return url.replace(/%[^/]*/g, '%00');
  }
}

/** Zod checks paths. Endpoints read bodies, and measure each message before they parse it. */
const validateWithZod: FastifySchemaCompiler<z.ZodType> = ({ schema, httpPart }) =>
  httpPart === 'params'
    ? (data: unknown) => {
        const result = schema.safeParse(data);
        return result.success ? { value: result.data } : { error: result.error };
      }
    : (data: unknown) => ({ value: data });

/** No body is parsed here, whatever its type: some senders announce an encoding that they do not use, or that is not valid. */
function takeBodiesAsBytes(http: FastifyInstance): void {
  http.removeAllContentTypeParsers();
  http.addContentTypeParser('*', { parseAs: 'buffer' }, (_request, body, done) => done(null, body));
  http.addHook('preParsing', (request, _reply, payload, done) => {
    const encoding = request.raw.headers['content-encoding'] ?? 'identity';
    request.headers = { 'content-type': undefined };
    if (encoding === 'identity') done(null, payload);
    else done(new UnsupportedEncodingError());
  });
}

/** 405 if the path has other methods. */
function methodNotAllowed({ url }: FastifyRequest, routes: readonly RouteOptions[]): Answer | undefined {
  const [path = ''] = url.split('?', 1);
  const methods = routes
    .filter((route) => new RegExp(`^${route.url.replace(/:\w+/g, '[^/]+')}/?$`).test(path))
    .map(({ method }) => String(method));
  if (methods.length === 0) return undefined;
  return problem(405, 'method_not_allowed', `use ${methods.join(' or ')}`, { allow: methods.join(', ') });
}

const openApiOperation: Operation = {
  operationId: 'openApi',
  summary: 'This document',
  response: { 200: { description: 'This document', content: anyJson } },
};
