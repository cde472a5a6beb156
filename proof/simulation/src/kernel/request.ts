import { type RequestFaults, type RequestKind } from './request-faults.ts';
import { type Scheduler } from './scheduler.ts';
import { type Server } from './server.ts';

/** The connection broke or the answer did not come: the request may have taken effect, or may yet. */
export class NoAnswer extends Error {
  override readonly name = 'NoAnswer';
  /** As Node's sockets have it: whoever asks for the meaning of a database's error finds it here. */
  readonly code = 'ECONNRESET';
}

/** What a server says instead of doing what it was asked. */
export class Refusal extends Error {
  override readonly name = 'Refusal';
  /** An SQLSTATE, or the first word of what Redis says. */
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
  /** What the server does when it arrives; `onBreak` has it told when the connection goes while it is at it. */
  readonly effect: (onBreak: (act: () => void) => void) => T | Promise<T>;
  /** When the sender gives up. */
  readonly timeoutMs: number;
  /** What the sender takes for the answer when it gives up; by default it takes it for a failure. */
  readonly onTimeout?: () => T;
  /** The answer, for the trace. */
  readonly describe?: (answer: T) => string;
}

/** Who sends a request, as far as the exchange goes. */
export interface Sender {
  /** Acts in the process that sent it: later while that is stopped, never once it is dead. */
  readonly hear: (act: () => void) => void;
  readonly die: () => void;
  readonly onDeath: (act: () => void) => void;
  readonly tell: (text: () => string) => void;
}

/** What the exchanges of one run share. */
export interface Network {
  readonly scheduler: Scheduler;
  readonly faults: RequestFaults;
  /** The simulation itself is at fault: an error that no server would answer with. */
  readonly onBroken: (error: unknown) => void;
}
