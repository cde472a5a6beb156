import { type CarrierReport } from '../callbacks/carrier-report.ts';
import { formatCarrierTime } from '../callbacks/carrier-time.ts';
import { type ApiAnswer } from './api-answer.ts';
import { connectForm, type ConnectRequest } from './connect-request.ts';
import { connectOutcomeOf, type ConnectOutcome } from './connect-outcome.ts';
import { findCall, findCalls, readAnswer } from './read-answer.ts';
import { readCallDetails } from './read-call-details.ts';
import { sendRequest, type ExotelAccount } from './request.ts';

/** Which calls to list: those to one number, within some minutes. */
export interface CallListFilter {
  /** The dialled number: `From`, for a call that the API placed. */
  readonly from: string;
  readonly sinceMs: number;
  readonly untilMs: number;
}

const PAGE_SIZE = 100;
const BROKEN = { kind: 'unavailable', reason: 'the answer is not what the API documents' } as const;

/**
 * The part of Exotel's REST API that Turnlog uses. Methods resolve even if Exotel does not answer; none
 * retries.
 */
export class ExotelApi {
  readonly #account: ExotelAccount;

  constructor(account: ExotelAccount) {
    this.#account = account;
  }

  /** The carrier's details of a call. */
  async callDetails(callSid: string): Promise<ApiAnswer<CarrierReport>> {
    const path = `Calls/${encodeURIComponent(callSid)}.json?details=true`;
    const answer = await sendRequest(this.#account, 'GET', path);
    if (answer.kind !== 'ok') return answer;
    const call = findCall(readAnswer(answer.value) ?? {});
    const report = call && readCallDetails(call, this.#account.utcOffsetMinutes);
    return report?.callSid === callSid ? { kind: 'ok', value: report } : BROKEN;
  }

  /** At most 100 calls, the latest first. */
  async listCalls({ from, sinceMs, untilMs }: CallListFilter): Promise<ApiAnswer<CarrierReport[]>> {
    const { utcOffsetMinutes } = this.#account;
    const [since, until] = [sinceMs, untilMs].map((atMs) => formatCarrierTime(atMs, utcOffsetMinutes));
    const query = new URLSearchParams({
      From: from,
      DateCreated: `gte:${since};lte:${until}`,
      PageSize: String(PAGE_SIZE),
      SortBy: 'DateCreated:desc',
    });
    const answer = await sendRequest(this.#account, 'GET', `Calls.json?${query.toString()}`);
    if (answer.kind !== 'ok') return answer;
    const calls = findCalls(readAnswer(answer.value) ?? {});
    if (calls === undefined) return BROKEN;
    return { kind: 'ok', value: calls.flatMap((call) => readCallDetails(call, utcOffsetMinutes) ?? []) };
  }

  /** Places a call, or returns why there is none or may be one. Call it once: see {@link ConnectOutcome}. */
  async connect(request: ConnectRequest): Promise<ConnectOutcome> {
    const answer = await sendRequest(this.#account, 'POST', 'Calls/connect.json', connectForm(request));
    return connectOutcomeOf(answer, this.#account.utcOffsetMinutes);
  }
}
