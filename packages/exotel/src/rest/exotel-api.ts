import { type ExotelAccount } from './account.ts';
import { type CarrierReport } from '../callbacks/carrier-report.ts';
import { formatCarrierTime } from '../callbacks/carrier-time.ts';
import { type ApiAnswer } from './api-answer.ts';
import { connectForm, type ConnectRequest } from './connect-request.ts';
import { connectOutcomeOf, type ConnectOutcome } from './connect-outcome.ts';
import { createRequester } from './request.ts';
import { findCall, findCalls, readAnswer } from './read-answer.ts';
import { readCallDetails } from './read-call-details.ts';

/** Which calls to list: those to one number, within some minutes. */
export interface CallListFilter {
  /** The dialled number: `From`, for a call that the API placed. */
  readonly from: string;
  readonly sinceMs: number;
  readonly untilMs: number;
}

/**
 * The part of Exotel's REST API that Turnlog uses. Methods resolve even if Exotel does not answer; none
 * retries.
 */
export interface ExotelApi {
  /** The carrier's details of a call. */
  callDetails(callSid: string): Promise<ApiAnswer<CarrierReport>>;
  /** At most 100 calls, the latest first. */
  listCalls(filter: CallListFilter): Promise<ApiAnswer<CarrierReport[]>>;
  /**
   * Places a call, or says why there is none, or that there may be one. Call it once: see {@link
   * ConnectOutcome}.
   */
  connect(request: ConnectRequest): Promise<ConnectOutcome>;
}

const PAGE_SIZE = 100;
const BROKEN = { kind: 'unavailable', reason: 'the answer is not what the API documents' } as const;

/** Opens an account. No request is sent yet. */
export function createExotelApi(account: ExotelAccount): ExotelApi {
  const { utcOffsetMinutes } = account;
  const request = createRequester(account);

  const callDetails = async (callSid: string): Promise<ApiAnswer<CarrierReport>> => {
    const answer = await request('GET', `Calls/${encodeURIComponent(callSid)}.json?details=true`);
    if (answer.kind !== 'ok') return answer;
    const call = findCall(readAnswer(answer.value) ?? {});
    const report = call && readCallDetails(call, utcOffsetMinutes);
    return report?.callSid === callSid ? { kind: 'ok', value: report } : BROKEN;
  };

  const listCalls = async ({
    from,
    sinceMs,
    untilMs,
  }: CallListFilter): Promise<ApiAnswer<CarrierReport[]>> => {
    const time = (atMs: number) => formatCarrierTime(atMs, utcOffsetMinutes);
    const query = new URLSearchParams({
      From: from,
      DateCreated: `gte:${time(sinceMs)};lte:${time(untilMs)}`,
      PageSize: String(PAGE_SIZE),
      SortBy: 'DateCreated:desc',
    });
    const answer = await request('GET', `Calls.json?${query.toString()}`);
    if (answer.kind !== 'ok') return answer;
    const calls = findCalls(readAnswer(answer.value) ?? {});
    if (calls === undefined) return BROKEN;
    return { kind: 'ok', value: calls.flatMap((call) => readCallDetails(call, utcOffsetMinutes) ?? []) };
  };

  const connect = async (asked: ConnectRequest): Promise<ConnectOutcome> => {
    const answer = await request('POST', 'Calls/connect.json', connectForm(asked));
    return connectOutcomeOf(answer, utcOffsetMinutes);
  };

  return { callDetails, listCalls, connect };
}
