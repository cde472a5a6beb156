import { type CarrierReport } from '../callbacks/carrier-report.ts';
import { saysNothing } from '../wire/names-nothing.ts';
import { type JsonObject } from '../wire/fields.ts';
import { findCall, readAnswer } from './read-answer.ts';
import { readCallDetails } from './read-call-details.ts';
import { type TextAnswer } from './request.ts';

/**
 * The outcome of placing a call.
 * - `placed`: there is a call.
 * - `refused`: there is none, and it is safe to try again.
 * - `may_exist`: the request was sent, and the answer was lost or unclear. A second request could ring the
 *   same person twice: find out first.
 */
export type ConnectOutcome =
  | { readonly outcome: 'placed'; readonly report: CarrierReport }
  | { readonly outcome: 'refused'; readonly reason: string; readonly retryAfterMs?: number }
  | { readonly outcome: 'may_exist'; readonly reason: string };

/** Only an explicit answer, or a request that was never sent, means that there is no call. */
export function connectOutcomeOf(answer: TextAnswer, utcOffsetMinutes: number): ConnectOutcome {
  switch (answer.kind) {
    case 'ok': {
      const call = findCall(readAnswer(answer.value) ?? {});
      const report = call && readCallDetails(withStatus(call), utcOffsetMinutes);
      if (report !== undefined) return { outcome: 'placed', report };
      return { outcome: 'may_exist', reason: 'the answer does not name a call' };
    }
    case 'rate_limited': {
      const { status, retryAfterMs } = answer;
      // A proxy may answer 503 for a request that it has passed on.
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

/** A new call is queued, unless the answer says otherwise. */
function withStatus(call: JsonObject): JsonObject {
  const { Status: status } = call;
  return typeof status === 'string' && !saysNothing(status) ? call : { ...call, Status: 'queued' };
}
