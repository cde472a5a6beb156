import { type CarrierStore, type DuePlacement } from '@turnlog/call-store';
import { type ExotelApi } from '@turnlog/exotel';
import { type AskCarrier } from './ask-carrier.ts';
import { matchPlacement } from '../domain/match-placement.ts';
import { type RecordAnswer } from './record-answer.ts';

/** What looking for a placement came to. */
export type PlacementResult = 'found' | 'not_found' | 'not_yet' | 'ambiguous' | 'failed';

export interface FindOptions {
  readonly tenant: string;
  readonly store: Pick<CarrierStore, 'savePlacement' | 'takenCallSids'>;
  readonly api: Pick<ExotelApi, 'listCalls'>;
  readonly ask: AskCarrier;
  readonly record: RecordAnswer;
}

const MINUTE_MS = 60_000;

/** Clocks differ, and a call may be made long after it was asked for. */
const BEFORE_MS = 2 * MINUTE_MS;
const AFTER_MS = 10 * MINUTE_MS;

/** After which age nobody looks for a call any more that no list has. */
const GIVE_UP_AFTER_MS = 30 * MINUTE_MS;
const MIN_PAUSE_MS = 2 * MINUTE_MS;

/** Looks for the call of a placement that nobody confirmed, and records it. Nothing is ever dialled here. */
export function createFindPlacement({ tenant, store, api, ask, record }: FindOptions) {
  const later = async (due: DuePlacement, problem: string, dueInMs: number): Promise<void> => {
    await store.savePlacement(due.reference, {
      state: 'may_exist',
      problem,
      dueInMs,
      checks: due.checks + 1,
    });
  };

  return async (due: DuePlacement): Promise<PlacementResult> => {
    const requestedAtMs = due.requestedAt.getTime();
    const window = { sinceMs: requestedAtMs - BEFORE_MS, untilMs: requestedAtMs + AFTER_MS };
    const answer = await ask(() => api.listCalls({ from: due.dialled, ...window }));
    if (answer.kind !== 'ok') {
      await later(due, answer.kind, answer.kind === 'not_asked' ? answer.waitMs : MIN_PAUSE_MS);
      return 'failed';
    }
    const sids = answer.value.map(({ callSid }) => callSid);
    const taken = await store.takenCallSids(tenant, sids);
    const match = matchPlacement(
      due,
      answer.value.filter(({ callSid }) => !taken.has(callSid)),
    );
    switch (match.kind) {
      case 'found':
        await record({ tenant, callSid: match.report.callSid }, match.report, null);
        await store.savePlacement(due.reference, { state: 'found', callSid: match.report.callSid });
        return 'found';
      case 'ambiguous':
        await store.savePlacement(due.reference, {
          state: 'ambiguous',
          problem: `${match.candidates} calls could be it`,
        });
        return 'ambiguous';
      case 'none':
        if (due.ageMs < GIVE_UP_AFTER_MS) {
          await later(due, 'the carrier lists no such call', Math.max(MIN_PAUSE_MS, due.ageMs));
          return 'not_yet';
        }
        await store.savePlacement(due.reference, {
          state: 'not_found',
          problem: 'the carrier lists no such call',
        });
        return 'not_found';
    }
  };
}
