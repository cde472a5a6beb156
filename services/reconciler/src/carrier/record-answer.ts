import { createHash } from 'node:crypto';
import { type CallKey } from '@turnlog/call-events';
import { toNewEvent, type Appender } from '@turnlog/call-log';
import { toCarrierEvents, type CarrierReport } from '@turnlog/exotel';

/** What became of an answer: news, or what was known. */
export interface RecordedAnswer {
  readonly isNews: boolean;
  /** Names what the answer said. */
  readonly answer: string;
}

/** Records an answer of the carrier in the call's log. Rejects when Redis does not take it. */
export type RecordAnswer = (
  call: CallKey,
  report: CarrierReport,
  lastAnswer: string | null,
) => Promise<RecordedAnswer>;

export interface RecordAnswerOptions {
  readonly appender: Appender;
  readonly now: () => number;
  /** Of the account, for prices that name none. */
  readonly currency: string | undefined;
}

/** Answers become events like any other, so that the persister raises the row, and nothing lowers it. */
export function createRecordAnswer({ appender, now, currency }: RecordAnswerOptions): RecordAnswer {
  return async (call, report, lastAnswer) => {
    const isCurrencyMissing = report.price !== undefined && report.currency === undefined;
    const told = isCurrencyMissing && currency !== undefined ? { ...report, currency } : report;
    const events = toCarrierEvents(told, {
      call,
      source: 'reconciler',
      receivedAtMs: now(),
      isConfirmed: true,
    });
    const answer = createHash('sha256')
      .update(events.map(({ id }) => id).join())
      .digest('hex');
    // A log that has expired would begin another life for what is in Postgres already.
    if (answer === lastAnswer) return { isNews: false, answer };
    const outcome = await appender.append({
      call,
      events: events.map((event) => toNewEvent(event, { rememberId: true })),
      mode: 'unordered',
    });
    const results = outcome.outcome === 'ok' ? outcome.results : [];
    return { isNews: results.some(({ status }) => status === 'appended'), answer };
  };
}
