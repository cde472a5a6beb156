import { isTerminal } from '@turnlog/call-events';
import { type CarrierStore, type DueCall, type ReconciliationState } from '@turnlog/call-store';
import { type CarrierReport, type ExotelApi } from '@turnlog/exotel';
import { backoffDelayMs } from '@turnlog/service-kit';
import { blockedMs, type AskCarrier } from './ask-carrier.ts';
import { planNextCheck, type CheckTimes } from '../domain/next-check.ts';
import { type RecordAnswer } from './record-answer.ts';

/** What a check came to. */
export type CheckResult = 'news' | 'confirmed' | 'going_on' | 'not_found' | 'failed' | 'not_asked';

export interface CheckOptions {
  readonly store: Pick<CarrierStore, 'saveReconciliation'>;
  readonly api: Pick<ExotelApi, 'callDetails'>;
  readonly ask: AskCarrier;
  readonly record: RecordAnswer;
  readonly times: CheckTimes;
}

/**
 * A call that has not ended and whose row was written within this share of the time to the first check goes on for all
 * that is known (half a minute is between checkpoints): nobody needs to be asked.
 */
const ALIVE_SHARE = 0.5;
const RETRY = { minMs: 15_000, maxMs: 3_600_000 };

/**
 * Asks the carrier about a call that is due, records the answer, and plans the next question. The answer is recorded
 * before the list knows of it: whoever dies in between asks again, and records nothing twice.
 */
export function createCheckCall({ store, api, ask, record, times }: CheckOptions) {
  const aliveMs = times.firstMs * ALIVE_SHARE;
  const save = (due: DueCall, change: Partial<ReconciliationState> & Pick<ReconciliationState, 'state'>) =>
    store.saveReconciliation(due.call, { dueInMs: 0, checks: due.checks, failures: 0, ...change });

  const check = async (due: DueCall): Promise<CheckResult> => {
    if (due.endedMsAgo === null && due.quietMs < aliveMs) {
      await save(due, { state: 'due', dueInMs: aliveMs });
      return 'going_on';
    }
    const answer = await ask(() => api.callDetails(due.call.callSid));
    switch (answer.kind) {
      case 'ok':
        return onTold(due, answer.value);
      case 'not_found':
        await save(due, {
          ...planNextCheck({ kind: 'not_found' }, elapsedMs(due), times),
          problem: 'not found',
        });
        return 'not_found';
      case 'rejected': {
        const next = planNextCheck({ kind: 'not_found' }, elapsedMs(due), times);
        await save(due, { ...next, problem: `HTTP ${answer.status}` });
        return 'failed';
      }
      case 'not_asked':
        await save(due, { state: 'due', dueInMs: answer.waitMs, failures: due.failures });
        return 'not_asked';
      case 'rate_limited':
      case 'unauthorised': {
        const dueInMs = blockedMs(answer);
        await save(due, { state: 'due', dueInMs, failures: due.failures, problem: answer.kind });
        return 'failed';
      }
      case 'unavailable': {
        const dueInMs = backoffDelayMs(due.failures, RETRY);
        const { reason: problem } = answer;
        await save(due, { state: 'due', dueInMs, failures: due.failures + 1, problem });
        return 'failed';
      }
    }
  };

  const onTold = async (due: DueCall, report: CarrierReport): Promise<CheckResult> => {
    const { isNews, answer } = await record(due.call, report, due.answer);
    const next = planNextCheck(toAnswer(report), elapsedMs(due, report), times);
    await save(due, { ...next, checks: due.checks + 1, answer });
    return isNews ? 'news' : 'confirmed';
  };

  return check;
}

/** A call that nobody answered may have no price, ever. */
function toAnswer({ status, durationSeconds, price }: CarrierReport) {
  const isComplete = status !== 'completed' || (durationSeconds !== undefined && price !== undefined);
  return { kind: 'told' as const, isOver: isTerminal(status), isComplete };
}

/** Since the end, as far as it is known; the row's clock and the carrier's may disagree, so it is never negative. */
function elapsedMs({ endedMsAgo, ageMs }: DueCall, report?: CarrierReport): number {
  const isOver = report === undefined || isTerminal(report.status);
  return Math.max(0, isOver ? (endedMsAgo ?? ageMs) : ageMs);
}
