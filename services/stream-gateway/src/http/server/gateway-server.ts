import { type Logger } from '@turnlog/service-kit';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { type AddressInfo } from 'node:net';
import { type Admission, type AdmissionRefusal, type Gatekeeper } from '../../auth/gatekeeper.ts';
import { type Principal } from '../../domain/principal.ts';
import { sharedGuard } from '../../call-guard.ts';
import { type PendingConnections } from '../../limits/pending-connections.ts';
import { CALLBACK_PATH, type CallbackKind, type CallbacksEndpoint } from '../endpoints/callbacks-endpoint.ts';
import { problem, send, type Answer } from '../answers/answer.ts';
import { admissionRefused } from '../answers/refusals.ts';
import { type CallEventsEndpoint } from '../endpoints/call-events-endpoint.ts';
import { notFound } from './not-found.ts';
import { asksForWebSocket, replayWithoutOffer } from './replay-request.ts';
import { type OpenApiDocument } from '../openapi/openapi-document.ts';
import { withoutSlash, type StreamPaths } from './stream-target.ts';
import { type StreamUpgrades } from './stream-upgrades.ts';
import { type StreamUrlEndpoint } from '../endpoints/stream-url-endpoint.ts';

export interface GatewayServerOptions {
  readonly host: string;
  readonly port: number;
  readonly logger: Logger;
  readonly gatekeeper: Gatekeeper;
  readonly callEvents: CallEventsEndpoint;
  readonly streamUrl: StreamUrlEndpoint;
  readonly callbacks: CallbacksEndpoint;
  /** Served at `/openapi.json`. */
  readonly openApi: OpenApiDocument;
  readonly streamPaths: StreamPaths;
  readonly upgrades: StreamUpgrades;
  readonly pending: PendingConnections;
  readonly limits: ConnectionLimits;
}

/** What any connection is held to before anything is known of it. */
export interface ConnectionLimits {
  /** How long the head of a request may take. */
  readonly handshakeTimeoutMs: number;
  readonly maxConnections: number;
}

/** A listening gateway. */
export interface GatewayServer {
  readonly host: string;
  readonly port: number;
  close(): Promise<void>;
}

const CALL_EVENTS_PATH = /^\/v1\/calls\/([^/]+)\/events\/?$/;
const STREAM_URL_PATH = '/exotel/url';

const REQUEST_TIMEOUT_MS = 30_000;
const MAX_HEADER_BYTES = 16 * 1024;
/** Node looks for connections that are too slow so often. */
const CHECK_EVERY_MS = 1_000;

/** Starts listening. Rejects if the port can't be had. */
export async function startGatewayServer(options: GatewayServerOptions): Promise<GatewayServer> {
  const { host, logger, upgrades, pending, limits } = options;
  const timeouts = {
    headersTimeout: limits.handshakeTimeoutMs,
    requestTimeout: Math.max(REQUEST_TIMEOUT_MS, limits.handshakeTimeoutMs),
    connectionsCheckingInterval: Math.min(CHECK_EVERY_MS, limits.handshakeTimeoutMs),
    maxHeaderSize: MAX_HEADER_BYTES,
  };
  const guard = sharedGuard(logger);
  let isClosing = false;
  const server = createServer(timeouts, (request, response) => {
    // Whoever sends on and on over one connection would keep the server from ever being closed.
    if (isClosing) response.shouldKeepAlive = false;
    response.once('finish', () => isClosing && setImmediate(() => server.closeIdleConnections()));
    const answered = answer(options, request, response);
    guard.settled('http.request', answered, noop, (err) => onRequestFailed(logger, response, err));
  });
  server.maxConnections = limits.maxConnections;
  server.on('connection', (socket) => guard.run('http.connection', () => void pending.accept(socket)));
  server.on('upgrade', (request, socket, head) => {
    guard.run('http.upgrade', () => {
      if (asksForWebSocket(request)) upgrades.take({ request, socket, head });
      else replayWithoutOffer(server, { request, socket, head });
    });
  });
  server.listen({ host, port: options.port });
  await once(server, 'listening');
  server.on('error', (err) => logger.error({ err }, 'a connection could not be accepted'));
  return {
    host,
    port: (server.address() as AddressInfo).port,
    close: () => {
      isClosing = true;
      return closeServer(server);
    },
  };
}

async function answer(
  options: GatewayServerOptions,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const { gatekeeper, callEvents, callbacks, streamUrl, openApi, streamPaths } = options;
  const peer = gatekeeper.refusePeer(request.socket.remoteAddress);
  if (peer !== undefined) {
    send(response, refusedUnread(peer));
    return;
  }
  const path = withoutSlash((request.url ?? '').split('?', 1)[0] ?? '');
  const [, callSid] = CALL_EVENTS_PATH.exec(path) ?? [];
  const [, kind, secret] = CALLBACK_PATH.exec(path) ?? [];
  if (callSid !== undefined) {
    const admission = await gatekeeper.admitApi(request);
    const toCall = ({ tenant }: Principal) => callEvents.answer(request, callSid, tenant);
    send(response, await answerAdmitted(admission, toCall));
  } else if (path === STREAM_URL_PATH) {
    const admission = await gatekeeper.admitUrlRequest(request);
    send(response, await answerAdmitted(admission, (principal) => streamUrl.answer(request, principal)));
  } else if (secret !== undefined)
    send(response, await callbacks.answer(request, kind as CallbackKind, secret));
  else if (Object.hasOwn(streamPaths, path)) send(response, upgradeRequired());
  else if (path === '/openapi.json') send(response, { status: 200, body: openApi });
  else send(response, notFound(openApi));
}

/** Nothing of a request is read before it is admitted. */
async function answerAdmitted(
  admission: Admission,
  answerTo: (principal: Principal) => Promise<Answer>,
): Promise<Answer> {
  return admission.ok ? answerTo(admission.principal) : refusedUnread(admission);
}

/** The body is not read, so the connection cannot be used again. */
function refusedUnread(refusal: AdmissionRefusal): Answer {
  const answer = admissionRefused(refusal);
  return { ...answer, headers: { ...answer.headers, connection: 'close' } };
}

function upgradeRequired(): Answer {
  const headers = { upgrade: 'websocket', connection: 'upgrade' };
  return problem(
    426,
    'upgrade_required',
    'this path takes a WebSocket; connect with ws:// or wss://',
    headers,
  );
}

const noop = (): void => undefined;

function onRequestFailed(logger: Logger, response: ServerResponse, err: unknown): void {
  logger.error({ err }, 'request failed');
  if (response.headersSent) response.destroy();
  else send(response, problem(500, 'internal', 'the request failed; send it again'));
}

async function closeServer(server: Server): Promise<void> {
  const closed = once(server, 'close');
  server.close();
  server.closeIdleConnections();
  await closed;
}
