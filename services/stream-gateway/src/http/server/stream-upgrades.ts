import { type Logger } from '@turnlog/service-kit';
import { type Duplex } from 'node:stream';
import { WebSocketServer, type WebSocket } from 'ws';
import { type Gatekeeper } from '../../auth/gatekeeper.ts';
import { sharedGuard, type CallGuard } from '../../call-guard.ts';
import { readStreamRequest } from '../../domain/stream-request.ts';
import { type AcceptedStream } from '../../domain/principal.ts';
import { type PendingConnections } from '../../limits/pending-connections.ts';
import { type StreamQuotas } from '../../limits/stream-quotas.ts';
import { refuseUpgrade, type Answer } from '../answers/answer.ts';
import {
  admissionRefused,
  quotaRefused,
  streamsUnavailable,
  type Unavailability,
} from '../answers/refusals.ts';
import { type UpgradeRequest } from './replay-request.ts';
import { streamTarget, type StreamPaths, type StreamTarget } from './stream-target.ts';

export interface StreamUpgradesOptions {
  readonly logger: Logger;
  readonly streamPaths: StreamPaths;
  /** The answer for a path that takes no streams. */
  readonly notFound: Answer;
  readonly gatekeeper: Gatekeeper;
  readonly quotas: StreamQuotas;
  readonly pending: PendingConnections;
  readonly frameLimits: { readonly maxPayload: number; readonly maxFragments: number };
  readonly unavailability: () => Unavailability | undefined;
  readonly onStream: (socket: WebSocket, stream: AcceptedStream) => void;
  readonly onRefused: (reason: string) => void;
}

interface Refusal {
  readonly reason: string;
  readonly answer: Answer;
}

/** Bounds unread data as well: a peer may send tiny pieces (CVE-2026-48779, CVE-2026-62389). */
const WEB_SOCKET_LIMITS = { maxBufferedChunks: 1024, perMessageDeflate: false, closeTimeout: 5_000 };

/** Accepts the carrier's streams, or refuses them before their WebSocket handshake. */
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
    // The peer may leave during the handshake.
    upgrade.socket.on('error', (err) =>
      logger.debug({ event: 'handshake_failed', err }, 'socket failed during its handshake'),
    );
    const answer = (refusal: Refusal | undefined): void => {
      if (refusal !== undefined) this.#refuse(upgrade.socket, refusal);
    };
    this.#guard.settled('http.upgrade', this.#take(upgrade), answer, (err) => {
      logger.error({ event: 'upgrade_failed', err }, 'an upgrade failed');
      upgrade.socket.destroy();
    });
  }

  async #take(upgrade: UpgradeRequest): Promise<Refusal | undefined> {
    const { streamPaths, notFound, unavailability, gatekeeper, quotas } = this.#options;
    const { request, socket } = upgrade;
    const peer = gatekeeper.refusePeer(request.socket.remoteAddress);
    if (peer !== undefined) return { reason: peer.reason, answer: admissionRefused(peer) };
    const target = streamTarget(request.url ?? '', streamPaths);
    if (target === undefined) return { reason: 'not_found', answer: notFound };
    const reason = unavailability();
    if (reason !== undefined) return { reason, answer: streamsUnavailable(reason) };
    const admission = await gatekeeper.admitStream(request, target.token);
    if (!admission.ok) return { reason: admission.reason, answer: admissionRefused(admission) };
    const { principal, address, giveBack } = admission;
    const slot = await quotas.take(principal, gatekeeper.isOpen ? undefined : address);
    if (!slot.ok) {
      await giveBack();
      return { reason: slot.reason, answer: quotaRefused(slot) };
    }
    let isUsed = false;
    const leave = this.#guard.wrap('http.leave', () => {
      slot.release();
      if (!isUsed) this.#giveBack(giveBack);
    });
    socket.once('close', leave);
    const stream = { request: requestOf(target, principal.callSid), principal };
    this.#accept(upgrade, stream, () => (isUsed = true));
    return undefined;
  }

  #giveBack(giveBack: () => Promise<void>): void {
    const { logger } = this.#options;
    giveBack().catch((err: unknown) =>
      logger.debug({ event: 'stream_token_not_returned', err }, 'a token could not be returned'),
    );
  }

  #accept({ request, socket, head }: UpgradeRequest, stream: AcceptedStream, onUsed: () => void): void {
    const { pending, onStream } = this.#options;
    if (socket.destroyed) {
      // It closed during authentication, before its listener was added.
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

/** A token for one call identifies it if the frames do not. */
function requestOf({ url, applet }: StreamTarget, boundCallSid: string | undefined) {
  const request = readStreamRequest(url, applet);
  return boundCallSid === undefined ? request : { ...request, callSid: boundCallSid };
}
