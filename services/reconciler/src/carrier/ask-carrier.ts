import { type CarrierStore, type RequestLimit } from '@turnlog/call-store';
import { type ApiAnswer, type ApiFailure } from '@turnlog/exotel';
import { sleep } from '@turnlog/service-kit';

/** A question that was not put: the account may make no request for so long. */
export interface NotAsked {
  readonly kind: 'not_asked';
  readonly waitMs: number;
}

/** Puts a question to the carrier once the account may make a request. */
export type AskCarrier = <T>(question: () => Promise<ApiAnswer<T>>) => Promise<ApiAnswer<T> | NotAsked>;

export interface AskOptions {
  readonly store: Pick<CarrierStore, 'takeRequest' | 'blockRequests'>;
  readonly account: string;
  readonly limit: RequestLimit;
  readonly signal: AbortSignal;
  readonly onFailure: (failure: ApiFailure) => void;
}

/** Waiting longer than this, whoever else draws from the budget, would outlast the claim. */
const MAX_WAIT_MS = 10_000;

/** When the carrier says "too many" without saying for how long, and when it refuses the credentials. */
const RATE_LIMITED_MS = 30_000;
const UNAUTHORISED_MS = 60_000;

/** Keeps to the account's budget, and closes it for all replicas when the carrier says so. */
export function createAskCarrier(options: AskOptions): AskCarrier {
  const { store, account, limit, signal, onFailure } = options;

  const untilAllowed = async (): Promise<number> => {
    let leftMs = MAX_WAIT_MS;
    for (;;) {
      const waitMs = await store.takeRequest(account, limit);
      if (waitMs === 0 || waitMs > leftMs || signal.aborted) return waitMs;
      leftMs -= waitMs;
      await sleep(waitMs, signal);
    }
  };

  return async (question) => {
    const waitMs = await untilAllowed();
    if (waitMs > 0) return { kind: 'not_asked', waitMs };
    const answer = await question();
    if (answer.kind === 'ok') return answer;
    const isOfAccount = answer.kind === 'rate_limited' || answer.kind === 'unauthorised';
    if (isOfAccount) await store.blockRequests(account, blockedMs(answer));
    onFailure(answer);
    return answer;
  };
}

/** How long an answer that is about the account keeps everybody from asking. */
export function blockedMs(answer: ApiFailure & { readonly kind: 'rate_limited' | 'unauthorised' }): number {
  return answer.kind === 'unauthorised' ? UNAUTHORISED_MS : (answer.retryAfterMs ?? RATE_LIMITED_MS);
}
