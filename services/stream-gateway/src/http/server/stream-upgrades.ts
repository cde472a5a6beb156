import { type Logger } from '@turnlog/service-kit';
import { type IncomingMessage } from 'node:http';
import { type Duplex } from 'node:stream';
import { WebSocketServer, type WebSocket } from 'ws';
import { type Gatekeeper } from '../../auth/gatekeeper.ts';
import { sharedGuard, type CallGuard } from '../../call-guard.ts';
import { readStreamRequest } from '../../domain/stream-request.ts';
import { type AcceptedStream } from '../../domain/accepted-stream.ts';
import { type PendingConnections } from '../../limits/pending-connections.ts';
import { type StreamPlaces } from '../../limits/stream-places.ts';
import { problem, refuseUpgrade, type Answer } from '../answers/answer.ts';
import { notFound } from './not-found.ts';
import { type OpenApiDocument } from '../openapi/openapi-document.ts';
import { streamTarget, type StreamPaths, type StreamTarget } from './stream-target.ts';

/** Why no more streams are taken right now. */
export type Unavailability =
  'draining' | 'not_ready' | 'memory_short' | 'spool_full' | 'spool_failing' | 'overloaded' | 'full';

export interface StreamUpgradesOptions {
  readonly logger: Logger;
  readonly streamPaths: StreamPaths;
  readonly openApi: OpenApiDocument;
  readonly gatekeeper: Gatekeeper;
  readonly places: StreamPlaces;
  readonly pending: PendingConnections;
  readonly frameLimits: { readonly maxPayload: number; readonly maxFragments: number };
  readonly unavailability: () => Unavailability | undefined;
  readonly onStream: (socket: WebSocket, stream: AcceptedStream) => void;
  readonly onRefused: (reason: string) => void;
}

/** A request for an upgrade as Node hands it out. */
export interface UpgradeRequest {
  readonly request: IncomingMessage;
  readonly socket: Duplex;
  readonly head: Buffer;
}

/** Why a stream is not taken: for the count, and for who asked. */
interface Refusal {
  readonly reason: string;
  readonly answer: Answer;
}

/** What has arrived and is not read yet is bounded too: a peer may send tiny pieces (CVE-2026-48779, CVE-2026-62389). */
const WEB_SOCKET_LIMITS = { maxBufferedChunks: 1024, perMessageDeflate: false, closeTimeout: 5_000 };

const UNAVAILABLE: Readonly<Record<Unavailability, string>> = {
  draining: 'this gateway is stopping; connect to another one',
  not_ready: 'this gateway can not record calls right now',
  spool_full: 'Redis takes no events and the spool has reached SPOOL_MAX_BYTES; connect to another gateway',
  spool_failing: 'the spool can not be written, its disk may be full; connect to another gateway',
  memory_short: 'Redis is nearly full and is being drained; try again in a moment',
  overloaded: 'too many events are waiting for Redis; connect to another gateway',
  full: 'this gateway has as many connections as it takes',
};

/** Takes the carrier's sockets, or says why not, before a WebSocket is made of them. */
export class StreamUpgrades {
  readonly #options: StreamUpgradesOptions;
  readonly #webSockets: WebSocketServer;
  readonly #guard: CallGuard;

  constructor(options: StreamUpgradesOptions) {
    this.#options = options;
    this.#guard = sharedGuard(options.logger);
    this.#webSockets = new WebSocketServer({ noServer: true, ...WEB_SOCKET_LIMITS, ...options.frameLimits });
  }

  /** Answers a request for an upgrade. */
  take(upgrade: UpgradeRequest): void {
    const { logger } = this.#options;
    // The peer may go away before the handshake is done, which is no fault of ours.
    upgrade.socket.on('error', (err) => logger.debug({ err }, 'socket failed during its handshake'));
    const answer = (refusal: Refusal | undefined): void => {
      if (refusal !== undefined) this.#refuse(upgrade.socket, refusal);
    };
    this.#guard.settled('http.upgrade', this.#take(upgrade), answer, (err) => {
      logger.error({ err }, 'an upgrade failed');
      upgrade.socket.destroy();
    });
  }

  async #take(upgrade: UpgradeRequest): Promise<Refusal | undefined> {
    const { streamPaths, openApi, unavailability, gatekeeper, places } = this.#options;
    const { request, socket } = upgrade;
    const target = streamTarget(request.url ?? '', streamPaths);
    if (target === undefined) return { reason: 'not_found', answer: notFound(openApi) };
    const reason = unavailability();
    if (reason !== undefined) return { reason, answer: unavailable(reason) };
    const admission = await gatekeeper.admitStream(request, target.token);
    if (!admission.ok) return admission;
    const { principal, address, giveBack } = admission;
    const place = await places.take(principal, gatekeeper.isOpen ? undefined : address);
    if (!place.ok) {
      await giveBack();
      return place;
    }
    let isUsed = false;
    const leave = this.#guard.wrap('http.leave', () => {
      place.leave();
      if (!isUsed) this.#giveBack(giveBack);
    });
    socket.once('close', leave);
    const stream = { request: requestOf(target, principal.callSid), principal };
    this.#accept(upgrade, stream, () => (isUsed = true));
    return undefined;
  }

  #giveBack(giveBack: () => Promise<void>): void {
    const { logger } = this.#options;
    giveBack().catch((err: unknown) => logger.debug({ err }, 'a token could not be given back'));
  }

  #accept({ request, socket, head }: UpgradeRequest, stream: AcceptedStream, onUsed: () => void): void {
    const { pending, onStream } = this.#options;
    if (socket.destroyed) {
      // It went away while it was looked up; nobody else would say so.
      socket.emit('close');
      return;
    }
    this.#webSockets.handleUpgrade(request, socket, head, (webSocket) => {
      pending.settle(socket);
      webSocket.once('message', onUsed);
      onStream(webSocket, stream);
    });
  }

  #refuse(socket: Duplex, { reason, answer }: Refusal): void {
    this.#options.onRefused(reason);
    refuseUpgrade(socket, answer);
  }
}

/** A token that is for one call also says which, should the frames not. */
function requestOf({ url, applet }: StreamTarget, boundCallSid: string | undefined) {
  const request = readStreamRequest(url, applet);
  return boundCallSid === undefined ? request : { ...request, callSid: boundCallSid };
}

function unavailable(reason: Unavailability): Answer {
  return problem(503, reason, UNAVAILABLE[reason], { 'retry-after': '2' });
}
