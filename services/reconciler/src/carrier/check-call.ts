import { isTerminal } from '@turnlog/call-events';
import { type CarrierStore, type DueCall, type ReconciliationState } from '@turnlog/call-store';
import { type CarrierReport, type ExotelApi } from '@turnlog/exotel';
import { backoffDelayMs } from '@turnlog/service-kit';
import { planNextCheck, type CheckTimes } from '../domain/next-check.ts';
import { recordAnswer, type AnswerLog } from './record-answer.ts';
import { blockedMs, type RequestBudget } from './request-budget.ts';

/** The result of a check. */
export type CheckResult = 'news' | 'confirmed' | 'going_on' | 'not_found' | 'failed' | 'not_asked';

interface CheckOptions {
  readonly store: Pick<CarrierStore, 'saveReconciliation'>;
  readonly api: Pick<ExotelApi, 'callDetails'>;
  readonly budget: RequestBudget;
  readonly log: AnswerLog;
  readonly times: CheckTimes;
}

/**
 * A call that has not ended and whose row was written within this share of the time to the first check is taken as
 * in progress (checkpoints are half a minute apart) and is not asked about.
 */
const ALIVE_SHARE = 0.5;
const RETRY = { minMs: 15_000, maxMs: 3_600_000 };

/**
 * Asks the carrier about calls that are due, records the answers, and plans the next questions. An answer is recorded
 * before the list has it: a process that replaces one that died in between asks again, and records nothing twice.
 */
export class CallCheck {
  readonly #options: CheckOptions;
  readonly #aliveMs: number;

  constructor(options: CheckOptions) {
    this.#options = options;
    this.#aliveMs = options.times.firstMs * ALIVE_SHARE;
  }

  async run(due: DueCall): Promise<CheckResult> {
    if (due.endedMsAgo === null && due.quietMs < this.#aliveMs) {
      await this.#save(due, { state: 'due', dueInMs: this.#aliveMs });
      return 'going_on';
    }
    const { api, budget, times } = this.#options;
    const answer = await budget.ask(() => api.callDetails(due.call.callSid));
    const { failures } = due;
    switch (answer.kind) {
      case 'ok':
        return this.#record(due, answer.value);
      case 'not_found': {
        const next = planNextCheck({ kind: 'not_found' }, elapsedMs(due), times);
        await this.#save(due, { ...next, problem: 'not found' });
        return 'not_found';
      }
      case 'rejected': {
        const next = planNextCheck({ kind: 'not_found' }, elapsedMs(due), times);
        await this.#save(due, { ...next, problem: `HTTP ${answer.status}` });
        return 'failed';
      }
      case 'not_asked':
        await this.#save(due, { state: 'due', dueInMs: answer.waitMs, failures });
        return 'not_asked';
      case 'rate_limited':
      case 'unauthorised':
        await this.#save(due, { state: 'due', dueInMs: blockedMs(answer), failures, problem: answer.kind });
        return 'failed';
      case 'unavailable': {
        const later = { dueInMs: backoffDelayMs(failures, RETRY), failures: failures + 1 };
        await this.#save(due, { state: 'due', ...later, problem: answer.reason });
        return 'failed';
      }
    }
  }

  async #record(due: DueCall, report: CarrierReport): Promise<CheckResult> {
    const { log, times } = this.#options;
    const { isNews, answer } = await recordAnswer(log, due.call, { report, lastAnswer: due.answer });
    const next = planNextCheck(toAnswer(report), elapsedMs(due, report), times);
    await this.#save(due, { ...next, checks: due.checks + 1, answer });
    return isNews ? 'news' : 'confirmed';
  }

  #save(
    { call, checks }: DueCall,
    change: Partial<ReconciliationState> & Pick<ReconciliationState, 'state'>,
  ) {
    return this.#options.store.saveReconciliation(call, { dueInMs: 0, checks, failures: 0, ...change });
  }
}

/** A call that was not answered may never have a price. */
function toAnswer({ status, durationSeconds, price }: CarrierReport) {
  const isComplete = status !== 'completed' || (durationSeconds !== undefined && price !== undefined);
  return { kind: 'told' as const, isOver: isTerminal(status), isComplete };
}

/** Since the end, as far as it is known; the row's clock and the carrier's may disagree, so it is never negative. */
function elapsedMs({ endedMsAgo, ageMs }: DueCall, report?: CarrierReport): number {
  const isOver = report === undefined || isTerminal(report.status);
  return Math.max(0, isOver ? (endedMsAgo ?? ageMs) : ageMs);
}
