import { createHash } from 'node:crypto';
import { type CallKey } from '@turnlog/call-events';
import { toNewEvent, type Appender } from '@turnlog/call-log';
import { toCarrierEvents, type CarrierReport } from '@turnlog/exotel';

/** Where answers are recorded. */
export interface AnswerLog {
  readonly appender: Appender;
  /** The account's currency, for prices without one. */
  readonly currency: string | undefined;
}

/**
 * Records an answer of the carrier in the call's log: as events like any other, so that the persister raises the row,
 * and nothing lowers it. Resolves to whether it is news, and to the digest of the answer. Rejects when Redis does not
 * accept it.
 */
export async function recordAnswer(
  { appender, currency }: AnswerLog,
  call: CallKey,
  answered: { readonly report: CarrierReport; readonly lastAnswer: string | null },
): Promise<{ readonly isNews: boolean; readonly answer: string }> {
  const { report, lastAnswer } = answered;
  const isCurrencyMissing = report.price !== undefined && report.currency === undefined;
  const completed = isCurrencyMissing && currency !== undefined ? { ...report, currency } : report;
  const origin = { call, source: 'reconciler' as const, receivedAtMs: Date.now(), isConfirmed: true };
  const events = toCarrierEvents(completed, origin);
  const answer = createHash('sha256')
    .update(events.map(({ id }) => id).join())
    .digest('hex');
  // A log that has expired would start a new epoch for what is in Postgres already.
  if (answer === lastAnswer) return { isNews: false, answer };
  const outcome = await appender.append({
    call,
    events: events.map((event) => toNewEvent(event, { rememberId: true })),
    mode: 'unordered',
  });
  const results = outcome.outcome === 'ok' ? outcome.results : [];
  return { isNews: results.some(({ status }) => status === 'appended'), answer };
}
