import { type CarrierStore, type RequestLimit } from '@turnlog/call-store';
import { type ApiAnswer, type ApiFailure } from '@turnlog/exotel';
import { sleep } from '@turnlog/service-kit';

/** A question that was not sent: the account may make no request for so long. */
interface NotAsked {
  readonly kind: 'not_asked';
  readonly waitMs: number;
}

interface BudgetOptions {
  readonly store: Pick<CarrierStore, 'takeRequest' | 'blockRequests'>;
  readonly account: string;
  readonly limit: RequestLimit;
  readonly signal: AbortSignal;
  readonly onFailure: (failure: ApiFailure) => void;
}

/** Waiting longer than this, because other replicas use the budget too, would outlast the claim. */
const MAX_WAIT_MS = 10_000;

/** When the carrier answers "too many" without a time, and when it refuses the credentials. */
const RATE_LIMITED_MS = 30_000;
const UNAUTHORISED_MS = 60_000;

/** The requests that an account may make. Closed for all replicas when the carrier limits or refuses the account. */
export class RequestBudget {
  readonly #options: BudgetOptions;

  constructor(options: BudgetOptions) {
    this.#options = options;
  }

  /** Sends a question once the account may make a request. */
  async ask<T>(question: () => Promise<ApiAnswer<T>>): Promise<ApiAnswer<T> | NotAsked> {
    const { store, account, onFailure } = this.#options;
    const waitMs = await this.#untilAllowed();
    if (waitMs > 0) return { kind: 'not_asked', waitMs };
    const answer = await question();
    if (answer.kind === 'ok') return answer;
    const isOfAccount = answer.kind === 'rate_limited' || answer.kind === 'unauthorised';
    if (isOfAccount) await store.blockRequests(account, blockedMs(answer));
    onFailure(answer);
    return answer;
  }

  async #untilAllowed(): Promise<number> {
    const { store, account, limit, signal } = this.#options;
    let leftMs = MAX_WAIT_MS;
    for (;;) {
      const waitMs = await store.takeRequest(account, limit);
      if (waitMs === 0 || waitMs > leftMs || signal.aborted) return waitMs;
      leftMs -= waitMs;
      await sleep(waitMs, signal);
    }
  }
}

/** How long an answer that is about the account keeps all replicas from asking. */
export function blockedMs(answer: ApiFailure & { readonly kind: 'rate_limited' | 'unauthorised' }): number {
  return answer.kind === 'unauthorised' ? UNAUTHORISED_MS : (answer.retryAfterMs ?? RATE_LIMITED_MS);
}
