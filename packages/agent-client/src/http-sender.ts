import { setTimeout as sleep } from 'node:timers/promises';
import { acknowledgementOf, isToBeSentAgain, keyOf, type MessageKey } from './messages.ts';
import { type Outbox, type Pending } from './outbox.ts';
import { postMessages, type HttpAnswer, type HttpOptions, type MessageResult } from './post-messages.ts';

const MAX_MESSAGES = 100;
const MAX_BYTES = 1024 * 1024;
const MIN_PAUSE_MS = 250;
const MAX_PAUSE_MS = 10_000;

/**
 * Sends the messages of an outbox over HTTP, one request after the other, so that their order stays. Messages without an
 * answer are sent again with the same ids, after a pause that grows.
 */
export class HttpSender {
  readonly #outbox: Outbox;
  readonly #callSid: string;
  readonly #http: HttpOptions;
  readonly #stop = new AbortController();
  #isRunning = false;
  #running: Promise<void> | undefined;
  #failures = 0;
  #problem: string | undefined;

  constructor(outbox: Outbox, callSid: string, http: HttpOptions) {
    this.#outbox = outbox;
    this.#callSid = callSid;
    this.#http = http;
  }

  /** Why the last request failed; `undefined` if it did not. */
  get problem(): string | undefined {
    return this.#problem;
  }

  /** Starts to send, until the outbox is empty or `isWanted` returns false. */
  start(isWanted: () => boolean): void {
    if (!this.#isRunning) this.#running = this.#run(isWanted);
  }

  async #run(isWanted: () => boolean): Promise<void> {
    this.#isRunning = true;
    while (this.#outbox.size > 0 && isWanted() && !this.#stop.signal.aborted) {
      const pauseMs = await this.#post(this.#nextBatch());
      // A stop ends the pause.
      if (pauseMs > 0) await sleep(pauseMs, undefined, { signal: this.#stop.signal }).catch(() => undefined);
    }
    this.#isRunning = false;
  }

  /** Stops sending. Resolves when no request is in progress. */
  async stop(): Promise<void> {
    this.#stop.abort();
    await this.#running;
  }

  #nextBatch(): Pending[] {
    const batch: Pending[] = [];
    let bytes = 0;
    for (const pending of this.#outbox.pending) {
      bytes += pending.bytes;
      if (batch.length === MAX_MESSAGES || (batch.length > 0 && bytes > MAX_BYTES)) break;
      batch.push(pending);
    }
    return batch;
  }

  /** Resolves to the pause before the next request. */
  async #post(batch: readonly Pending[]): Promise<number> {
    for (const pending of batch) this.#outbox.noteSending(pending);
    try {
      const answer = await postMessages({
        callSid: this.#callSid,
        http: this.#http,
        messages: batch.map(({ text }) => text),
        signal: this.#stop.signal,
      });
      return this.#take(batch, answer);
    } catch (error) {
      // It is unknown whether the messages are recorded.
      return this.#pauseMs(reasonOf(error));
    }
  }

  #take(batch: readonly Pending[], { status, retryAfterMs, results, error }: HttpAnswer): number {
    // Results stand in the order of the messages: a gateway that could not read a message does not know its id.
    const isComplete = results.length === batch.length;
    for (const [index, result] of results.entries()) {
      const isNameless = isComplete && result.status === 'rejected' && !this.#outbox.has(keyOf(result));
      this.#takeResult(result, (isNameless ? batch[index]?.message : undefined) ?? result);
    }
    const problem = error.message ?? `the gateway answered ${status}`;
    if (status === 408 || status === 429 || status >= 500) return this.#pauseMs(problem, retryAfterMs);
    if (results.length === 0) {
      // The request itself is at fault: sent again it would have the same answer.
      const isAuthProblem = status === 401 || status === 403;
      const code = isAuthProblem ? 'unauthorized' : (error.code ?? `http_${status}`);
      for (const { message } of batch) this.#outbox.refuse(keyOf(message), code, problem);
    }
    const isStuck = batch.every(({ message }) => this.#outbox.has(keyOf(message)));
    if (isStuck || results.some(isForLaterResult)) return this.#pauseMs(problem);
    this.#failures = 0;
    this.#problem = undefined;
    return 0;
  }

  #takeResult(result: MessageResult, message: MessageKey): void {
    const { status, seq, error } = result;
    if (status !== 'rejected') this.#outbox.acknowledge(acknowledgementOf(message, status, seq));
    else if (!isForLaterResult(result)) {
      const reason = error?.message ?? 'the gateway rejected the message';
      this.#outbox.refuse(keyOf(message), error?.code ?? 'rejected', reason);
    }
  }

  #pauseMs(problem: string, retryAfterMs = 0): number {
    this.#problem = problem;
    const { maxPauseMs = MAX_PAUSE_MS } = this.#http;
    const growingMs = Math.min(maxPauseMs, MIN_PAUSE_MS * 2 ** this.#failures);
    this.#failures = Math.min(this.#failures + 1, 10);
    return Math.max(growingMs * (0.5 + Math.random() / 2), retryAfterMs);
  }
}

function isForLaterResult({ error }: MessageResult): boolean {
  return isToBeSentAgain(error?.code);
}

/** `fetch` itself only says that it failed; its cause says why. */
function reasonOf(thrown: unknown): string {
  const { message, cause } = thrown as Error;
  return cause === undefined ? message : (cause as Error).message;
}
