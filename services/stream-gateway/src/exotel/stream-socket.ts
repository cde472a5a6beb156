import { type AcceptedStream } from '../domain/accepted-stream.ts';
import { type CallKey } from '@turnlog/call-events';
import { parseExotelFrame } from '@turnlog/exotel';
import { type WebSocket } from 'ws';
import { type Principal } from '../domain/principal.ts';
import { CallGuard } from '../call-guard.ts';
import { type LossReason } from '../domain/connection-state.ts';
import { type StreamRequest } from '../domain/stream-request.ts';
import { type CallNeeds } from './call-needs.ts';
import { count } from '../report/tally.ts';
import { CallConnection } from './call-connection.ts';
import { CallsOfSocket } from './calls-of-socket.ts';
import { POLICY_VIOLATION, SERVICE_RESTART } from './close-codes.ts';
import { Liveness, type LivenessLimits } from './liveness.ts';

/**
 * What may wait for Redis of the events that frames bring: starts, keys and marks. They can't be refused as reports are. A
 * call brings a few kilobytes of them.
 */
const MAX_FRAME_EVENT_BYTES = 8 * 1024 * 1024;

export interface StreamSocketEvents {
  /** A session began: the socket's first, or that of another call on the same socket. */
  onSessionStarted(session: CallConnection): void;
  onSessionFinished(session: CallConnection): void;
  onClosed(): void;
}

/** How long a peer may be quiet, and how long it may be there. */
export interface StreamLimits extends LivenessLimits {
  /** A socket on which no call is going on is closed after this long, whatever comes on it. */
  readonly startTimeoutMs: number;
  readonly maxCallMs: number;
  /** So many calls may follow each other on one socket. */
  readonly maxCallsPerSocket: number;
}

/** One of the carrier's sockets: feeds its frames to the session of its call, and notices when the other side is gone. */
export class StreamSocket {
  readonly #socket: WebSocket;
  readonly #request: StreamRequest;
  readonly #principal: Principal;
  readonly #needs: CallNeeds;
  readonly #events: StreamSocketEvents;
  readonly #liveness: Liveness;
  readonly #limits: StreamLimits;
  readonly #guard: CallGuard;
  /** From the second call on: few sockets carry one. */
  #calls: CallsOfSocket | undefined;
  #isRefused = false;
  /** Since when there has been a call, or none. */
  #callSince: { readonly hasCall: boolean; readonly atMs: number };
  #session: CallConnection;
  #hasFailed = false;

  constructor(
    socket: WebSocket,
    { request, principal }: AcceptedStream,
    {
      needs,
      limits,
      monotonicMs,
      events,
    }: {
      readonly needs: CallNeeds;
      readonly limits: StreamLimits;
      readonly monotonicMs: number;
      readonly events: StreamSocketEvents;
    },
  ) {
    this.#socket = socket;
    this.#request = request;
    this.#principal = principal;
    this.#needs = needs;
    this.#events = events;
    this.#liveness = new Liveness(limits, monotonicMs);
    this.#limits = limits;
    this.#guard = new CallGuard(needs.logger, (error, entry) => this.#fail(error, entry));
    this.#callSince = { hasCall: false, atMs: monotonicMs };
    this.#session = this.#beginSession();
    this.#guard.listen(socket, 'carrier', {
      message: (data, isBinary) => this.#receive(data, isBinary),
      pong: () => this.#liveness.onPong(),
      error: (error) => this.#onError(error),
      close: (code) => this.#onClose(code),
    });
  }

  /** The call, while it is going on. */
  get openCall(): CallKey | undefined {
    let call: CallKey | undefined;
    this.#guard.run('heartbeat', () => (call = this.#session.openCall));
    return call;
  }

  /** Looks after the peer and the audio that waits. Called a few times a second. */
  tick(monotonicMs: number): void {
    this.#guard.run('tick', () => this.#look(monotonicMs));
  }

  #look(monotonicMs: number): void {
    this.#session.flushDueAudio();
    const verdict = this.#liveness.check(monotonicMs);
    if (verdict === 'ping') this.#socket.ping();
    else if (verdict !== 'alive') this.#giveUp(verdict);
    else this.#enforceLimits(monotonicMs);
  }

  /** Ends the call because the service is going down. */
  drain(): void {
    this.#guard.run('drain', () => {
      this.#session.end({ kind: 'lost', reason: 'drained' });
      this.#socket.close(SERVICE_RESTART, 'service restart');
    });
  }

  /** Cuts the connection. */
  terminate(): void {
    this.#guard.run('terminate', () => this.#socket.terminate());
  }

  #enforceLimits(monotonicMs: number): void {
    if (this.#isFlooding()) {
      this.#endFor('too_much');
      return;
    }
    const hasCall = this.#session.openCall !== undefined;
    if (hasCall !== this.#callSince.hasCall) this.#callSince = { hasCall, atMs: monotonicMs };
    const lastedMs = monotonicMs - this.#callSince.atMs;
    if (lastedMs < (hasCall ? this.#limits.maxCallMs : this.#limits.startTimeoutMs)) return;
    this.#endFor(hasCall ? 'too_long' : 'no_start');
  }

  /** More waits for Redis than reports, and events that Redis has lost, may come to: the frames bring the rest. */
  #isFlooding(): boolean {
    const { maxPendingBytes, maxRetainedBytes } = this.#needs.delivery.limits;
    return this.#session.pendingBytes > maxPendingBytes + maxRetainedBytes + MAX_FRAME_EVENT_BYTES;
  }

  /** What still comes before the socket is closed begins no other call. */
  #endFor(reason: LossReason): void {
    this.#isRefused = true;
    this.#session.end({ kind: 'lost', reason });
    this.#socket.close(POLICY_VIOLATION, reason);
  }

  #beginSession(): CallConnection {
    const session: CallConnection = new CallConnection(this.#needs, {
      carrier: this.#socket,
      request: this.#request,
      principal: this.#principal,
      onFinished: () => this.#events.onSessionFinished(session),
    });
    this.#events.onSessionStarted(session);
    return session;
  }

  #receive(data: Buffer, isBinary: boolean): void {
    this.#liveness.onFrame();
    if (this.#isRefused) return;
    const frame = parseExotelFrame(data);
    count(this.#needs.tally.frames, frame.kind);
    if (this.#session.isSupersededBy(frame)) {
      this.#session.end({ kind: 'lost', reason: 'superseded' });
      if (!this.#mayBeginAnother()) {
        this.#refuse();
        return;
      }
      this.#session = this.#beginSession();
    }
    this.#session.receive(frame, data, isBinary);
  }

  #mayBeginAnother(): boolean {
    const nowMs = this.#needs.now();
    this.#calls ??= new CallsOfSocket(this.#limits.maxCallsPerSocket, nowMs);
    return this.#calls.follow(this.#session, nowMs);
  }

  /** It began too many calls: a client that means only the last of them, or one that means none. */
  #refuse(): void {
    this.#isRefused = true;
    this.#needs.logger.warn(
      {
        event: 'socket_began_too_many_calls',
        connection_id: this.#session.connectionId,
        tenant: this.#principal.tenant,
      },
      'one socket began too many calls, or began them too fast; it is closed',
    );
    this.#socket.close(POLICY_VIOLATION, 'too many calls on one socket');
  }

  #giveUp(reason: 'idle' | 'half_open'): void {
    this.#session.end({ kind: 'lost', reason });
    this.#socket.terminate();
  }

  /** Of what is left, nothing may depend on what failed. */
  #fail(error: unknown, entry: string): void {
    try {
      this.#session.fail(error, entry);
    } finally {
      this.#socket.terminate();
    }
  }

  #onError(err: unknown): void {
    this.#hasFailed = true;
    const { connectionId, openCall } = this.#session;
    this.#needs.logger.warn(
      { event: 'carrier_socket_failed', err, call_sid: openCall?.callSid, connection_id: connectionId },
      'socket failed',
    );
  }

  #onClose(closeCode: number): void {
    try {
      const reason = this.#hasFailed ? 'socket_error' : this.#session.lossReason;
      this.#session.end({ kind: 'lost', reason, closeCode });
    } finally {
      this.#events.onClosed();
    }
  }
}
