import { type CarrierStore, type DuePlacement } from '@turnlog/call-store';
import { type ExotelApi } from '@turnlog/exotel';
import { matchPlacement } from '../domain/match-placement.ts';
import { recordAnswer, type AnswerLog } from './record-answer.ts';
import { type RequestBudget } from './request-budget.ts';

/** The result of a search for a placement. */
export type PlacementResult = 'found' | 'not_found' | 'not_yet' | 'ambiguous' | 'failed';

interface FindOptions {
  readonly tenant: string;
  readonly store: Pick<CarrierStore, 'savePlacement' | 'takenCallSids'>;
  readonly api: Pick<ExotelApi, 'listCalls'>;
  readonly budget: RequestBudget;
  readonly log: AnswerLog;
}

const MINUTE_MS = 60_000;

/** Clocks differ, and a call may be made long after it was requested. */
const BEFORE_MS = 2 * MINUTE_MS;
const AFTER_MS = 10 * MINUTE_MS;

/** At this age of a placement the search ends without a call. */
const GIVE_UP_AFTER_MS = 30 * MINUTE_MS;
const MIN_PAUSE_MS = 2 * MINUTE_MS;
const NOT_LISTED = 'the carrier lists no such call';

/** Looks for the call of an unconfirmed placement, and records it. Nothing is ever dialled here. */
export async function findPlacement(
  { tenant, store, api, budget, log }: FindOptions,
  due: DuePlacement,
): Promise<PlacementResult> {
  const { reference, ageMs } = due;
  const later = (problem: string, dueInMs: number) =>
    store.savePlacement(reference, { state: 'may_exist', problem, dueInMs, checks: due.checks + 1 });
  const requestedAtMs = due.requestedAt.getTime();
  const window = { sinceMs: requestedAtMs - BEFORE_MS, untilMs: requestedAtMs + AFTER_MS };
  const answer = await budget.ask(() => api.listCalls({ from: due.dialled, ...window }));
  if (answer.kind !== 'ok') {
    await later(answer.kind, answer.kind === 'not_asked' ? answer.waitMs : MIN_PAUSE_MS);
    return 'failed';
  }
  const calls = answer.value;
  const taken = await store.takenCallSids(
    tenant,
    calls.map(({ callSid }) => callSid),
  );
  const match = matchPlacement(
    due,
    calls.filter(({ callSid }) => !taken.has(callSid)),
  );
  if (match.kind === 'found') {
    const { report } = match;
    await recordAnswer(log, { tenant, callSid: report.callSid }, { report, lastAnswer: null });
    await store.savePlacement(reference, { state: 'found', callSid: report.callSid });
    return 'found';
  }
  if (match.kind === 'ambiguous') {
    const problem = `${match.candidates} calls could be it`;
    await store.savePlacement(reference, { state: 'ambiguous', problem });
    return 'ambiguous';
  }
  if (ageMs < GIVE_UP_AFTER_MS) {
    await later(NOT_LISTED, Math.max(MIN_PAUSE_MS, ageMs));
    return 'not_yet';
  }
  await store.savePlacement(reference, { state: 'not_found', problem: NOT_LISTED });
  return 'not_found';
}
