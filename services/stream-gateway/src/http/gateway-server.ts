import { type Logger, type OpsHandler } from '@turnlog/service-kit';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { type AddressInfo } from 'node:net';
import { type Duplex } from 'node:stream';
import { WebSocketServer, type WebSocket } from 'ws';
import { readStreamRequest, type Applet } from '../domain/stream-request.ts';
import { type Principal } from '../auth/principal.ts';
import { type AcceptedStream } from '../exotel/stream-socket.ts';
import { problem, refuseUpgrade, send, type Answer } from './answer.ts';
import { CALLBACK_PATH, type CallbackKind, type CallbacksEndpoint } from '../webhooks/callbacks-endpoint.ts';
import { type CallEventsEndpoint } from './call-events-endpoint.ts';
import { endpointsOf, type OpenApiDocument } from './openapi/openapi-document.ts';

/** Why no more streams are taken right now. */
export type Unavailability =
  'draining' | 'not_ready' | 'spool_full' | 'spool_failing' | 'overloaded' | 'full';

export interface GatewayServerOptions {
  readonly host: string;
  readonly port: number;
  readonly logger: Logger;
  readonly ops: OpsHandler;
  readonly callEvents: CallEventsEndpoint;
  readonly callbacks: CallbacksEndpoint;
  /** Who everybody is. */
  readonly principal: Principal;
  /** Served at `/openapi.json`. */
  readonly openApi: OpenApiDocument;
  /** The paths that take streams, and the applet that each is for. */
  readonly streamPaths: Readonly<Record<string, Applet>>;
  readonly unavailability: () => Unavailability | undefined;
  readonly onStream: (socket: WebSocket, stream: AcceptedStream) => void;
  readonly onRefused: (reason: string) => void;
}

/** A listening gateway. */
export interface GatewayServer {
  readonly port: number;
  close(): Promise<void>;
}

/*
 * Exotel's audio frames hold at most 100,000 bytes, 134 KB in base64. The other limits keep a peer from filling memory
 * with fragments (CVE-2026-48779, CVE-2026-62389).
 */
const WEB_SOCKET_LIMITS = {
  maxPayload: 256 * 1024,
  maxFragments: 64,
  maxBufferedChunks: 1024,
  perMessageDeflate: false,
  closeTimeout: 5_000,
};

const CALL_EVENTS_PATH = /^\/v1\/calls\/([^/]+)\/events\/?$/;

const UNAVAILABLE: Readonly<Record<Unavailability, string>> = {
  draining: 'this gateway is stopping; connect to another one',
  not_ready: 'this gateway can not record calls right now',
  spool_full: 'Redis takes no events and the spool has reached SPOOL_MAX_BYTES; connect to another gateway',
  spool_failing: 'the spool can not be written, its disk may be full; connect to another gateway',
  overloaded: 'too many events are waiting for Redis; connect to another gateway',
  full: 'this gateway has as many connections as it takes',
};

/** Starts listening. Rejects if the port can't be had. */
export async function startGatewayServer(options: GatewayServerOptions): Promise<GatewayServer> {
  const { host, port, logger } = options;
  const webSockets = new WebSocketServer({ noServer: true, ...WEB_SOCKET_LIMITS });
  let isClosing = false;
  const server = createServer({ requestTimeout: 30_000, headersTimeout: 10_000 }, (request, response) => {
    // Whoever sends on and on over one connection would keep the server from ever being closed.
    if (isClosing) response.shouldKeepAlive = false;
    response.once('finish', () => isClosing && setImmediate(() => server.closeIdleConnections()));
    answer(options, request, response).catch((err: unknown) => onRequestFailed(logger, response, err));
  });
  server.on('upgrade', (request, socket, head) => upgrade(options, webSockets, { request, socket, head }));
  server.listen({ host, port });
  await once(server, 'listening');
  const close = (): Promise<void> => {
    isClosing = true;
    return closeServer(server);
  };
  return { port: (server.address() as AddressInfo).port, close };
}

async function answer(
  { ops, callEvents, callbacks, principal, openApi, streamPaths }: GatewayServerOptions,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  if (await ops(request, response)) return;
  const path = pathOf(request);
  const [, encodedCallSid] = CALL_EVENTS_PATH.exec(path) ?? [];
  const [, kind, secret] = CALLBACK_PATH.exec(path) ?? [];
  if (encodedCallSid !== undefined)
    send(response, await callEvents.answer(request, encodedCallSid, principal.tenant));
  else if (secret !== undefined)
    send(response, await callbacks.answer(request, kind as CallbackKind, secret));
  else if (Object.hasOwn(streamPaths, path)) send(response, upgradeRequired());
  else if (path === '/openapi.json') send(response, { status: 200, body: openApi });
  else send(response, notFound(openApi));
}

interface UpgradeRequest {
  readonly request: IncomingMessage;
  readonly socket: Duplex;
  readonly head: Buffer;
}

function upgrade(options: GatewayServerOptions, webSockets: WebSocketServer, upgraded: UpgradeRequest): void {
  const { principal, openApi, streamPaths, unavailability, onStream, onRefused, logger } = options;
  const { request, socket, head } = upgraded;
  // The peer may go away before the handshake is done, which is no fault of ours.
  socket.on('error', (err) => logger.debug({ err }, 'socket failed during its handshake'));
  const path = pathOf(request);
  const applet = Object.hasOwn(streamPaths, path) ? streamPaths[path] : undefined;
  const reason = unavailability();
  if (applet === undefined) {
    onRefused('not_found');
    refuseUpgrade(socket, notFound(openApi));
  } else if (reason !== undefined) {
    onRefused(reason);
    refuseUpgrade(socket, problem(503, reason, UNAVAILABLE[reason], { 'retry-after': '2' }));
  } else {
    const stream = { request: readStreamRequest(request.url ?? '', applet), principal };
    webSockets.handleUpgrade(request, socket, head, (webSocket) => onStream(webSocket, stream));
  }
}

function notFound(document: OpenApiDocument): Answer {
  const message =
    'there is nothing at this path; "endpoints" lists what there is, GET /openapi.json tells all';
  const endpoints = endpointsOf(document);
  return { status: 404, body: { error: { code: 'not_found', message }, endpoints } };
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

function pathOf(request: IncomingMessage): string {
  return (request.url ?? '').split('?', 1)[0] ?? '';
}
