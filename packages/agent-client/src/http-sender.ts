import { acknowledgementOf, isToBeSentAgain, keyOf } from './messages.ts';
import { type Outbox, type Pending } from './outbox.ts';

/** How to reach a gateway over HTTP. */
export interface HttpOptions {
  /** Of the gateway, such as `https://calls.example.com`. */
  readonly url: string;
  /** The tenant's API secret, where the gateway asks for one. */
  readonly token?: string;
}

const MAX_MESSAGES = 100;
const MAX_BYTES = 1024 * 1024;
const TIMEOUT_MS = 10_000;
const MIN_PAUSE_MS = 250;
const MAX_PAUSE_MS = 10_000;

interface Result {
  readonly id: string;
  readonly revision?: number;
  readonly status: 'appended' | 'duplicate' | 'rejected';
  readonly seq?: number;
  readonly error?: { readonly code: string; readonly message: string };
}

/**
 * Sends what is in an outbox over HTTP, one request after the other, so that the order stays. What was not answered is
 * sent again with the same ids, after a pause that grows.
 */
export class HttpSender {
  readonly #outbox: Outbox;
  readonly #url: string;
  readonly #headers: Readonly<Record<string, string>>;
  readonly #stop = new AbortController();
  #isRunning = false;
  #running: Promise<void> | undefined;
  #failures = 0;

  constructor(outbox: Outbox, callSid: string, { url, token }: HttpOptions) {
    this.#outbox = outbox;
    this.#url = `${url.replace(/\/+$/, '')}/v1/calls/${encodeURIComponent(callSid)}/events`;
    const authorization = token === undefined ? {} : { authorization: `Bearer ${token}` };
    this.#headers = { 'content-type': 'application/json', ...authorization };
  }

  /** Begins to send what waits, until nothing does or `isWanted` says no. */
  start(isWanted: () => boolean): void {
    if (!this.#isRunning) this.#running = this.#run(isWanted);
  }

  async #run(isWanted: () => boolean): Promise<void> {
    this.#isRunning = true;
    while (this.#outbox.size > 0 && isWanted() && !this.#stop.signal.aborted) {
      const pauseMs = await this.#post(this.#nextBatch());
      if (pauseMs > 0) await pause(pauseMs, this.#stop.signal);
    }
    this.#isRunning = false;
  }

  /** Nothing more is sent; resolves when nothing is on its way. */
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

  /** How long to wait before the next request. */
  async #post(batch: readonly Pending[]): Promise<number> {
    let response: Response;
    let body: unknown;
    try {
      response = await fetch(this.#url, {
        method: 'POST',
        headers: this.#headers,
        body: `[${batch.map(({ text }) => text).join(',')}]`,
        signal: AbortSignal.any([this.#stop.signal, AbortSignal.timeout(TIMEOUT_MS)]),
      });
      body = await response.json();
    } catch {
      // No answer, or none that can be read: what became of the messages is not known.
      return this.#pauseMs();
    }
    const results = resultsOf(body);
    // Results stand in the order of the messages: a gateway that could not read a message does not know its id.
    const isComplete = results.length === batch.length;
    for (const [index, result] of results.entries()) {
      const isNameless = isComplete && result.status === 'rejected' && !this.#outbox.has(keyOf(result));
      this.#take(result, (isNameless ? batch[index]?.message : undefined) ?? result);
    }
    if (isForLater(response.status)) return this.#pauseMs(response.headers.get('retry-after'));
    if (results.length === 0) this.#refuseAll(batch, response.status, body);
    const isStuck = batch.every(({ message }) => this.#outbox.has(keyOf(message)));
    if (isStuck || results.some(isForLaterResult)) return this.#pauseMs();
    this.#failures = 0;
    return 0;
  }

  #take(result: Result, message: Pick<Result, 'id'> & { readonly revision?: number | undefined }): void {
    const { status, seq, error } = result;
    if (status !== 'rejected') this.#outbox.acknowledge(acknowledgementOf(message, status, seq));
    else if (!isForLaterResult(result)) {
      this.#outbox.refuse(
        keyOf(message),
        error?.code ?? 'rejected',
        error?.message ?? 'the gateway rejected the message',
      );
    }
  }

  /** The request itself is at fault: sent again it would be answered the same. */
  #refuseAll(batch: readonly Pending[], status: number, body: unknown): void {
    const isAuthProblem = status === 401 || status === 403;
    const code = isAuthProblem ? 'unauthorized' : (errorOf(body).code ?? `http_${status}`);
    const message = errorOf(body).message ?? `the gateway answered ${status}`;
    for (const { message: sent } of batch) this.#outbox.refuse(keyOf(sent), code, message);
  }

  #pauseMs(retryAfter?: string | null): number {
    const askedMs = Number(retryAfter ?? 0) * 1000;
    const growingMs = Math.min(MAX_PAUSE_MS, MIN_PAUSE_MS * 2 ** this.#failures);
    this.#failures = Math.min(this.#failures + 1, 10);
    return Math.max(growingMs * (0.5 + Math.random() / 2), Number.isFinite(askedMs) ? askedMs : 0);
  }
}

function isForLater(status: number): boolean {
  return status === 408 || status === 429 || status >= 500;
}

function isForLaterResult({ error }: Result): boolean {
  return isToBeSentAgain(error?.code);
}

function resultsOf(body: unknown): readonly Result[] {
  const results = typeof body === 'object' && body !== null && 'results' in body ? body.results : undefined;
  return Array.isArray(results) ? (results as Result[]) : [];
}

function errorOf(body: unknown): { readonly code?: string; readonly message?: string } {
  const error = typeof body === 'object' && body !== null && 'error' in body ? body.error : undefined;
  return typeof error === 'object' && error !== null ? error : {};
}

function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(done, ms);
    function done(): void {
      clearTimeout(timer);
      signal.removeEventListener('abort', done);
      resolve();
    }
    signal.addEventListener('abort', done);
    if (signal.aborted) done();
  });
}
