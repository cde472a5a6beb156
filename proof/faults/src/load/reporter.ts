import { backoffDelayMs, sleep } from '@turnlog/service-kit';
import { type Ledger, type LedgerEvent } from '../ledger/ledger.ts';
import { type AgentAnswer, type AgentSeat } from '../world/agent-hub.ts';
import { type AgentMessage, type ReportVia } from '../ledger/planned-call.ts';
import { reportOverHttp } from './report-over-http.ts';

/** How long an agent that reports on its socket waits for one before it takes HTTP. */
const SOCKET_PATIENCE_MS = 3_000;
/** Between one attempt over HTTP that fails and the next. */
const RETRY = { minMs: 250, maxMs: 2_000 };
/** How long a socket that has taken everything is left alone. */
const NAP_MS = 250;
const MAX_BATCH = 50;
/** Refusals that say: send it again later. */
const TRANSIENT = new Set(['unavailable', 'overloaded']);

export interface ReporterOptions {
  readonly callSid: string;
  readonly via: ReportVia;
  readonly ledger: Ledger;
  readonly seat: AgentSeat;
  /** The gateway to ask next. */
  readonly gatewayUrl: () => string;
  /** After which nothing more is tried. */
  readonly deadline: AbortSignal;
}

interface Unanswered {
  readonly event: LedgerEvent;
  readonly message: AgentMessage;
  /** On which of the call's sockets it was sent. */
  generation: number;
}

/**
 * A well-behaved agent: what is not acknowledged it sends again, with the same id, until it is. On its socket while there
 * is one, over HTTP otherwise.
 */
export class Reporter {
  readonly #options: ReporterOptions;
  readonly #unanswered = new Map<string, Unanswered>();
  readonly #firstSocketUntil = performance.now() + SOCKET_PATIENCE_MS;
  #wake: () => void = () => undefined;
  #isSending = false;
  #failures = 0;

  constructor(options: ReporterOptions) {
    this.#options = options;
    options.seat.onAnswer = (answer) => this.#take(answer);
    options.seat.onChange = () => this.#wake();
  }

  /** Begins to report a message; its time must be in it. */
  report(message: AgentMessage): void {
    const event = this.#options.ledger.sent(this.#options.callSid, message);
    this.#unanswered.set(message.id, { event, message, generation: 0 });
    this.#sendOnSocket();
    this.#wake();
  }

  /** Works until all is answered and `isOver` says that no more comes, or until the deadline. */
  async run(isOver: () => boolean): Promise<void> {
    const { deadline } = this.#options;
    while (!deadline.aborted && !(isOver() && this.#unanswered.size === 0)) {
      this.#sendOnSocket();
      if (this.#hasToUseHttp()) await this.#sendOverHttp();
      await this.#nap();
    }
  }

  /** Something has changed. */
  wake(): void {
    this.#wake();
  }

  #sendOnSocket(): void {
    const { via, seat, callSid, ledger } = this.#options;
    const { socket, generation } = seat;
    if (via !== 'socket' || socket === undefined || this.#isSending) return;
    for (const unanswered of this.#unanswered.values()) {
      if (unanswered.generation === generation) continue;
      if (unanswered.generation > 0) ledger.sent(callSid, unanswered.message);
      unanswered.generation = generation;
      socket.send(JSON.stringify(unanswered.message));
    }
  }

  #hasToUseHttp(): boolean {
    const { via, seat } = this.#options;
    if (this.#unanswered.size === 0) return false;
    if (via === 'http') return true;
    const hadSocket = seat.generation > 0;
    return seat.socket === undefined && (hadSocket || performance.now() > this.#firstSocketUntil);
  }

  async #sendOverHttp(): Promise<void> {
    const { callSid, gatewayUrl, ledger, deadline } = this.#options;
    const batch = [...this.#unanswered.values()].slice(0, MAX_BATCH);
    this.#isSending = true;
    const answers = await reportOverHttp(
      gatewayUrl(),
      callSid,
      batch.map(({ message }) => message),
    );
    this.#isSending = false;
    for (const answer of answers) this.#take(answer);
    const left = batch.filter(({ message }) => this.#unanswered.has(message.id));
    for (const { message } of left) ledger.sent(callSid, message);
    this.#failures = left.length > 0 ? this.#failures + 1 : 0;
    if (left.length > 0) await sleep(backoffDelayMs(this.#failures - 1, RETRY), deadline);
  }

  #take({ id, code }: AgentAnswer): void {
    const unanswered = this.#unanswered.get(id);
    if (unanswered === undefined) return;
    const { ledger, callSid } = this.#options;
    if (code === undefined) ledger.acknowledged(callSid, unanswered.event);
    else if (!TRANSIENT.has(code)) ledger.refused(callSid, unanswered.event, code);
    else {
      // On its socket it is due again after a while, as though it had been sent on an earlier one.
      unanswered.generation = -1;
      return;
    }
    this.#unanswered.delete(id);
    this.#wake();
  }

  #nap(): Promise<void> {
    return new Promise((resolve) => {
      const done = (): void => {
        clearTimeout(timer);
        this.#wake = () => undefined;
        resolve();
      };
      const timer = setTimeout(done, NAP_MS);
      this.#wake = done;
    });
  }
}
