import { once } from 'node:events';
import { CallReporter, postMessages, type TurnlogError } from '@turnlog/agent-client';
import { deferred, withDeadline } from '@turnlog/service-kit';
import { WebSocket } from 'ws';
import { type Ledger, type LedgerEvent } from '../ledger/ledger.ts';
import { type AgentMessage } from '../ledger/planned-call.ts';
import { type AgentHub } from '../world/agent-hub.ts';

/** How long an agent waits for its first socket before it reports over HTTP. */
const SOCKET_PATIENCE_MS = 3_000;
const HTTP = { timeoutMs: 5_000, maxPauseMs: 2_000 };

export interface ReporterOptions {
  readonly callSid: string;
  readonly ledger: Ledger;
  /** The gateway of the next request. */
  readonly gatewayUrl: () => string;
  /** Messages without an answer are abandoned when it aborts. */
  readonly deadline: AbortSignal;
}

/** The agent of one call: it reports with the client that bots use, and notes each message and its answer in the ledger. */
export class Reporter {
  readonly #options: ReporterOptions;
  readonly #call: CallReporter;
  readonly #deliveries: Promise<void>[] = [];
  #socket: WebSocket | undefined;

  constructor(options: ReporterOptions) {
    const { callSid, ledger, gatewayUrl } = options;
    this.#options = options;
    this.#call = new CallReporter({
      callSid,
      http: { ...HTTP, url: gatewayUrl },
      maxBufferedBytes: Infinity,
      onResend: (message) => void ledger.sent(callSid, message as AgentMessage),
    });
  }

  /** From now on reports on the sockets of the call. Resolves with the first one, or when it is overdue. */
  async takeSockets(hub: AgentHub): Promise<void> {
    const hasSocket = deferred();
    hub.onSocket(this.#options.callSid, (socket) => {
      this.#socket = socket;
      this.#call.attach(socket);
      hasSocket.resolve();
    });
    await withDeadline(hasSocket.promise, SOCKET_PATIENCE_MS);
  }

  /** Reports a message, which must have its time. A repeated one is sent twice although nothing was lost. */
  report(message: AgentMessage, isRepeated: boolean): void {
    this.#deliveries.push(this.#deliver(message, isRepeated));
  }

  /** Resolves when every message has its answer, or at the deadline. */
  async close(): Promise<void> {
    const { deadline } = this.#options;
    const delivered = Promise.all(this.#deliveries);
    if (!deadline.aborted) await Promise.race([delivered, once(deadline, 'abort')]);
    // What it abandons stays unknown in the ledger.
    await Promise.allSettled([this.#call.close({ timeoutMs: 0 })]);
    await delivered;
  }

  async #deliver(message: AgentMessage, isRepeated: boolean): Promise<void> {
    const { callSid, ledger } = this.#options;
    const event = ledger.sent(callSid, message);
    const receipt = this.#call.report(message);
    // On a socket, the repeat follows at once as a raw frame: the client itself would wait for the first answer.
    const canRepeatAtOnce = isRepeated && this.#socket?.readyState === WebSocket.OPEN;
    if (canRepeatAtOnce) {
      ledger.sent(callSid, message);
      this.#socket?.send(JSON.stringify(message));
    }
    await this.#note(event, receipt);
    if (!isRepeated || canRepeatAtOnce) return;
    ledger.sent(callSid, message);
    await this.#note(event, this.#call.report(message));
  }

  async #note(event: LedgerEvent, receipt: Promise<unknown>): Promise<void> {
    const { callSid, ledger } = this.#options;
    try {
      await receipt;
      ledger.acknowledged(callSid, event);
    } catch (error) {
      const { code } = error as TurnlogError;
      const isUnknown = code === 'not_acknowledged' || code === 'closed';
      if (!isUnknown && event.state !== 'acknowledged') ledger.refused(callSid, event, code);
    }
  }
}

/** The answer to one message: `code` is `undefined` if it is durable. */
export interface AgentAnswer {
  readonly id: string;
  readonly code: string | undefined;
}

/** Reports messages in one request, which is sent once. No answers if it is unknown whether they are recorded. */
export async function reportOverHttp(
  gatewayUrl: string,
  callSid: string,
  messages: readonly AgentMessage[],
  timeoutMs = HTTP.timeoutMs,
): Promise<AgentAnswer[]> {
  const http = { url: gatewayUrl, timeoutMs };
  const texts = messages.map((message) => JSON.stringify(message));
  try {
    const { results } = await postMessages({ callSid, http, messages: texts });
    return results.map(({ id, status, error }) => ({
      id,
      code: status === 'rejected' ? (error?.code ?? 'rejected') : undefined,
    }));
  } catch {
    // The request was refused or reset, or had no answer in time.
    return [];
  }
}
