import { type CarrierReport } from '../callbacks/carrier-report.ts';
import { saysNothing } from '../callbacks/says-nothing.ts';
import { type JsonObject } from '../wire/fields.ts';
import { findCall, readAnswer } from './read-answer.ts';
import { readCallDetails } from './read-call-details.ts';
import { type TextAnswer } from './request.ts';

/**
 * What came of placing a call.
 * - `placed`: there is a call.
 * - `refused`: there is none, and it is safe to try again.
 * - `may_exist`: the request was sent, and the answer did not come or did not say. A second request could ring the same
 *   person twice: find out first.
 */
export type ConnectOutcome =
  | { readonly outcome: 'placed'; readonly report: CarrierReport }
  | { readonly outcome: 'refused'; readonly reason: string; readonly retryAfterMs?: number }
  | { readonly outcome: 'may_exist'; readonly reason: string };

/** Only an answer that says so, or a request that never left, means that there is no call. */
export function connectOutcomeOf(answer: TextAnswer, utcOffsetMinutes: number): ConnectOutcome {
  switch (answer.kind) {
    case 'ok': {
      const call = findCall(readAnswer(answer.value) ?? {});
      const report = call && readCallDetails(withStatus(call), utcOffsetMinutes);
      if (report !== undefined) return { outcome: 'placed', report };
      return { outcome: 'may_exist', reason: 'the answer names no call' };
    }
    case 'rate_limited': {
      const { status, retryAfterMs } = answer;
      // Somebody in between may say 503 of a request that it has passed on.
      if (status !== 429) return { outcome: 'may_exist', reason: `HTTP ${status}` };
      const reason = 'the account has made too many requests (HTTP 429)';
      return { outcome: 'refused', reason, ...(retryAfterMs !== undefined && { retryAfterMs }) };
    }
    case 'unauthorised':
      return { outcome: 'refused', reason: `the credentials are refused (HTTP ${answer.status})` };
    case 'not_found':
      return { outcome: 'refused', reason: 'there is no such account at this address (HTTP 404)' };
    case 'rejected':
      return { outcome: 'refused', reason: `the request is refused (HTTP ${answer.status})` };
    case 'unavailable':
      return { outcome: answer.wasSent === false ? 'refused' : 'may_exist', reason: answer.reason };
  }
}

/** A call that was placed a moment ago waits for its turn, where the answer does not say. */
function withStatus(call: JsonObject): JsonObject {
  const { Status: status } = call;
  return typeof status === 'string' && !saysNothing(status) ? call : { ...call, Status: 'queued' };
}
