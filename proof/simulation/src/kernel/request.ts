import { type RequestFaults, type RequestKind } from './request-faults.ts';
import { type Scheduler } from './scheduler.ts';
import { type Server } from './server.ts';

/** The connection broke or the answer did not come: the request may have taken effect, or may yet. */
export class NoAnswer extends Error {
  override readonly name = 'NoAnswer';
  /** As in errors of Node's sockets, for the classification of database errors. */
  readonly code = 'ECONNRESET';
}

/** A server's error. */
export class Refusal extends Error {
  override readonly name = 'Refusal';
  /** An SQLSTATE, or the first word of an error of Redis. */
  readonly code: string;

  constructor(code: string, message: string) {
    super(message);
    this.code = code;
  }
}

/** One request to a server. */
export interface Request<T> {
  readonly server: Server;
  /** For the trace. */
  readonly what: string;
  readonly kind?: RequestKind;
  /**
   * The server's action when it arrives; `onBreak` registers a callback for a connection that breaks during
   * it.
   */
  readonly effect: (onBreak: (act: () => void) => void) => T | Promise<T>;
  /** When the sender gives up. */
  readonly timeoutMs: number;
  /** The result for the sender when it gives up; by default a failure. */
  readonly onTimeout?: () => T;
  /** The answer, for the trace. */
  readonly describe?: (answer: T) => string;
}

/** The sender of a request, as the exchange sees it. */
export interface Sender {
  /** Runs in the process that sent it: later if that is stopped, never if it is dead. */
  readonly hear: (act: () => void) => void;
  readonly die: () => void;
  readonly onDeath: (act: () => void) => void;
  readonly tell: (text: () => string) => void;
}

/** What the exchanges of one run share. */
export interface Network {
  readonly scheduler: Scheduler;
  readonly faults: RequestFaults;
  /** The simulation itself is at fault: an error that no server would return. */
  readonly onBroken: (error: unknown) => void;
}
