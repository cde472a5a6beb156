import { readFrame, type AgentSocket } from './agent-socket.ts';
import { CallReporter, type CallReporterOptions } from './call-reporter.ts';
import { type TurnlogError } from './turnlog-error.ts';

/** A call that a gateway has handed to the agent. */
export interface RelayCall<Socket extends AgentSocket = AgentSocket> {
  /** Reports on it. The same one when the gateway dials again for a call whose socket was lost. */
  readonly call: CallReporter;
  /** For audio, marks and clears, and to listen on: what comes after `start` comes to listeners added now. */
  readonly socket: Socket;
  /** Exotel's `start` frame. */
  readonly start: Readonly<Record<string, unknown>>;
  readonly streamSid: string | undefined;
  /** The gateway had dialled for this call before: the caller has been greeted. */
  readonly isReconnected: boolean;
}

export interface RelayCallsOptions<Socket extends AgentSocket = AgentSocket> extends Omit<
  CallReporterOptions,
  'callSid'
> {
  /** A call has started, or is connected again. */
  readonly onCall: (call: RelayCall<Socket>) => void;
  /** How long messages may take to be acknowledged after the call; a minute by default, as a gateway may restart. */
  readonly closeTimeoutMs?: number;
  /** Messages of a call that is over were not acknowledged in time. */
  readonly onLost?: (error: TurnlogError) => void;
}

/** How long a call stays open after its socket closed without a `stop`. The gateway dials again well before. */
const RECONNECT_MS = 60_000;
const CLOSE_TIMEOUT_MS = 60_000;

interface KnownCall {
  readonly call: CallReporter;
  socket: AgentSocket;
  timer?: ReturnType<typeof setTimeout>;
}

/**
 * The calls of an agent to which gateways open a socket each. A call is closed, once all of it is acknowledged, when its
 * socket closes after the `stop`, or when no gateway dials for it again.
 */
export class RelayCalls<Socket extends AgentSocket = AgentSocket> {
  readonly #options: RelayCallsOptions<Socket>;
  readonly #calls = new Map<string, KnownCall>();

  constructor(options: RelayCallsOptions<Socket>) {
    this.#options = options;
  }

  /** How many calls are not over. */
  get size(): number {
    return this.#calls.size;
  }

  /** Takes a socket of a gateway. Its `start` frame says which call it is for. */
  accept(socket: Socket): void {
    let known: KnownCall | undefined;
    let hasStopped = false;
    socket.addEventListener('message', ({ data }) => {
      const frame = readFrame(data);
      if (frame?.['event'] === 'stop') hasStopped = true;
      const start = known === undefined ? startOf(frame) : undefined;
      if (start !== undefined) known = this.#begin(socket, start);
    });
    socket.addEventListener('close', () => {
      if (known?.socket !== socket) return;
      const { call } = known;
      if (hasStopped) {
        this.#end(call);
        return;
      }
      known.timer = setTimeout(() => this.#end(call), RECONNECT_MS);
      // A process with nothing else to do does not wait for it.
      known.timer.unref();
    });
  }

  #begin(socket: Socket, { callSid, streamSid, frame }: Start): KnownCall {
    const { onCall, ...options } = this.#options;
    const before = this.#calls.get(callSid);
    clearTimeout(before?.timer);
    const known = before ?? { call: new CallReporter({ ...options, callSid }), socket };
    known.socket = socket;
    this.#calls.set(callSid, known);
    known.call.attach(socket);
    onCall({ call: known.call, socket, start: frame, streamSid, isReconnected: before !== undefined });
    return known;
  }

  #end(call: CallReporter): void {
    this.#calls.delete(call.callSid);
    const { closeTimeoutMs: timeoutMs = CLOSE_TIMEOUT_MS } = this.#options;
    call.close({ timeoutMs }).catch((error: unknown) => this.#options.onLost?.(error as TurnlogError));
  }
}

interface Start {
  readonly callSid: string;
  readonly streamSid: string | undefined;
  readonly frame: Readonly<Record<string, unknown>>;
}

/** The ids of a `start` frame, in snake case or camel case, outside or inside of `start`. */
function startOf(frame: Readonly<Record<string, unknown>> | undefined): Start | undefined {
  if (frame?.['event'] !== 'start') return undefined;
  const inner = typeof frame['start'] === 'object' && frame['start'] !== null ? frame['start'] : {};
  const fields: Readonly<Record<string, unknown>> = { ...frame, ...inner };
  const text = (...names: readonly string[]): string | undefined =>
    names.map((name) => fields[name]).find((value) => typeof value === 'string');
  const callSid = text('call_sid', 'callSid', 'leg_sid');
  return callSid === undefined ? undefined : { callSid, streamSid: text('stream_sid', 'streamSid'), frame };
}
