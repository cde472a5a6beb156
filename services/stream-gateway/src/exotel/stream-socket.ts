import { type CallKey } from '@turnlog/call-events';
import { parseExotelFrame } from '@turnlog/exotel';
import { type WebSocket } from 'ws';
import { CallGuard } from '../call-guard.ts';
import { type LossReason } from '../domain/connection-state.ts';
import { type AcceptedStream } from '../domain/principal.ts';
import { count } from '../report/tally.ts';
import { CallConnection, POLICY_VIOLATION } from './call-connection.ts';
import { type CallNeeds } from './call-needs.ts';
import { CallsOfSocket } from './calls-of-socket.ts';
import { Liveness, type LivenessLimits } from './liveness.ts';

/** Source: the IANA registry of close codes. */
const SERVICE_RESTART = 1012;

/**
 * How many bytes of events from frames (starts, keys and marks) may wait for Redis, as they can't be refused. A call has a
 * few kilobytes of them.
 */
const MAX_FRAME_EVENT_BYTES = 8 * 1024 * 1024;

/** How long a socket may be silent, and how long and for how many calls it may be open. */
export interface StreamLimits extends LivenessLimits {
  /** A socket without a call in progress is closed after this long. */
  readonly startTimeoutMs: number;
  readonly maxCallMs: number;
  readonly maxCallsPerSocket: number;
}

export interface StreamSocketOptions {
  readonly needs: CallNeeds;
  readonly limits: StreamLimits;
  /** The unfinished sessions of all sockets, to which this one adds its own. */
  readonly sessions: Set<CallConnection>;
  readonly onClosed: () => void;
}

/** One socket of the carrier: gives its frames to the session of its call, and detects a lost connection. */
export class StreamSocket {
  readonly #socket: WebSocket;
  readonly #stream: AcceptedStream;
  readonly #options: StreamSocketOptions;
  readonly #liveness: Liveness;
  readonly #guard: CallGuard;
  /** From the second call on: few sockets carry one. */
  #calls: CallsOfSocket | undefined;
  #isRefused = false;
  /** Since when there has been a call, or none. */
  #callSince: { readonly hasCall: boolean; readonly atMs: number };
  #session: CallConnection;
  #hasFailed = false;

  constructor(socket: WebSocket, stream: AcceptedStream, options: StreamSocketOptions) {
    const monotonicMs = performance.now();
    this.#socket = socket;
    this.#stream = stream;
    this.#options = options;
    this.#liveness = new Liveness(options.limits, monotonicMs);
    this.#guard = new CallGuard(options.needs.logger, (error, entry) => this.#fail(error, entry));
    this.#callSince = { hasCall: false, atMs: monotonicMs };
    this.#session = this.#beginSession();
    this.#guard.listen(socket, 'carrier', {
      message: (data, isBinary) => this.#receive(data, isBinary),
      pong: () => this.#liveness.onPong(),
      error: (error) => this.#onError(error),
      close: (code) => this.#onClose(code),
    });
  }

  /** The call, while it is in progress. */
  get openCall(): CallKey | undefined {
    let call: CallKey | undefined;
    this.#guard.run('heartbeat', () => (call = this.#session.openCall));
    return call;
  }

  /** Checks the connection and writes audio that has waited. Called a few times a second. */
  tick(monotonicMs: number): void {
    this.#guard.run('tick', () => this.#look(monotonicMs));
  }

  #look(monotonicMs: number): void {
    this.#session.flushDueAudio();
    const verdict = this.#liveness.check(monotonicMs);
    if (verdict === 'ping') this.#socket.ping();
    else if (verdict === 'alive') this.#enforceLimits(monotonicMs);
    else {
      this.#session.end({ kind: 'lost', reason: verdict });
      this.#socket.terminate();
    }
  }

  /** Ends the call because the service stops. */
  drain(): void {
    this.#guard.run('drain', () => {
      this.#session.end({ kind: 'lost', reason: 'drained' });
      this.#socket.close(SERVICE_RESTART, 'service restart');
    });
  }

  /** Closes the connection at once. */
  terminate(): void {
    this.#guard.run('terminate', () => this.#socket.terminate());
  }

  #enforceLimits(monotonicMs: number): void {
    if (this.#isFlooding()) {
      this.#endFor('too_much');
      return;
    }
    const { maxCallMs, startTimeoutMs } = this.#options.limits;
    const hasCall = this.#session.openCall !== undefined;
    if (hasCall !== this.#callSince.hasCall) this.#callSince = { hasCall, atMs: monotonicMs };
    if (monotonicMs - this.#callSince.atMs < (hasCall ? maxCallMs : startTimeoutMs)) return;
    this.#endFor(hasCall ? 'too_long' : 'no_start');
  }

  /** Whether more bytes wait for Redis than reports and lost events can have. The excess is from frames. */
  #isFlooding(): boolean {
    const { maxPendingBytes, maxRetainedBytes } = this.#options.needs.delivery.limits;
    return this.#session.pendingBytes > maxPendingBytes + maxRetainedBytes + MAX_FRAME_EVENT_BYTES;
  }

  /** Frames that arrive before the socket is closed start no other call. */
  #endFor(reason: LossReason): void {
    this.#isRefused = true;
    this.#session.end({ kind: 'lost', reason });
    this.#socket.close(POLICY_VIOLATION, reason);
  }

  #beginSession(): CallConnection {
    const { needs, sessions } = this.#options;
    const session: CallConnection = new CallConnection(needs, {
      ...this.#stream,
      carrier: this.#socket,
      onFinished: () => sessions.delete(session),
    });
    sessions.add(session);
    return session;
  }

  #receive(data: Buffer, isBinary: boolean): void {
    this.#liveness.onFrame();
    if (this.#isRefused) return;
    const frame = parseExotelFrame(data);
    count(this.#options.needs.tally.frames, frame.kind);
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
    const nowMs = this.#options.needs.now();
    this.#calls ??= new CallsOfSocket(this.#options.limits.maxCallsPerSocket, nowMs);
    return this.#calls.follow(this.#session, nowMs);
  }

  #refuse(): void {
    this.#isRefused = true;
    const { connectionId } = this.#session;
    const { tenant } = this.#stream.principal;
    this.#options.needs.logger.warn(
      { event: 'socket_began_too_many_calls', connection_id: connectionId, tenant },
      'one socket began too many calls, or began them too fast; it is closed',
    );
    this.#socket.close(POLICY_VIOLATION, 'too many calls on one socket');
  }

  /** The socket is closed even if the session fails again. */
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
    this.#options.needs.logger.warn(
      { event: 'carrier_socket_failed', err, call_sid: openCall?.callSid, connection_id: connectionId },
      'socket failed',
    );
  }

  #onClose(closeCode: number): void {
    try {
      const reason = this.#hasFailed ? 'socket_error' : this.#session.lossReason;
      this.#session.end({ kind: 'lost', reason, closeCode });
    } finally {
      this.#options.onClosed();
    }
  }
}
